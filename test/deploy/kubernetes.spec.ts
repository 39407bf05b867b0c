import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { complaintOf, unknownFields } from './support/kubernetes-schema.js';
import {
  containersOf,
  isSelected,
  kustomizations,
  type Manifest,
  manifests,
  ofKind,
  takenIn,
} from './support/manifests.js';
import { settings } from './support/settings.js';

const deployments = ofKind('Deployment');
const ours = deployments.filter(({ metadata }) => metadata.name.startsWith('rollcall'));
const services = ofKind('Service');

const selectedBy = (selector: Record<string, string>): Manifest[] =>
  deployments.filter(({ spec }) => isSelected(selector, spec.template.metadata.labels));

const portNames = (manifest: Manifest): string[] =>
  containersOf(manifest).flatMap(({ ports = [] }) => ports.map(({ name }) => name));

describe('deploy/kubernetes', () => {
  it('is what the schemas of its kinds say', () => {
    expect(manifests.map((manifest) => complaintOf(manifest)).filter(Boolean)).toEqual([]);
  });

  it('has no field that its kind does not have', () => {
    const [{ spec, ...rest }] = ofKind('Deployment') as [Manifest];
    const misspelled = { ...rest, spec: { ...spec, replica: 2 } };
    // Together, because the compiler is slow to begin with.
    const complaints = unknownFields([...manifests, misspelled]);
    expect(complaints).toEqual([
      expect.stringContaining("'\"replica\"' does not exist in type 'IDeploymentSpec'"),
    ]);
  });

  it('takes every file in, and none that is missing', () => {
    const known = new Set([
      ...manifests.map(({ file }) => file),
      ...kustomizations.map(({ file }) => dirname(file)),
    ]);
    const taken = kustomizations.flatMap(takenIn);
    expect(taken.filter((path) => !known.has(path))).toEqual([]);
    expect(manifests.map(({ file }) => file).filter((file) => !taken.includes(file))).toEqual([]);
  });

  it('patches what is there', () => {
    for (const { target } of kustomizations.flatMap(({ patches = [] }) => patches))
      expect(ofKind(target.kind).map(({ metadata }) => metadata.name)).toContain(target.name);
  });

  it('gives Rollcall settings that exist, and each overlay what is required', () => {
    const generated = kustomizations.flatMap((each) => [
      ...(each.configMapGenerator ?? []),
      ...(each.secretGenerator ?? []),
    ]);
    const inManifests = ours.flatMap(containersOf).flatMap(({ env = [] }) => env.map(({ name }) => name));
    const names = [
      ...generated.flatMap(({ literals }) => literals.map((text) => text.split('=')[0]!)),
      ...inManifests,
    ];
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !settings.includes(name))).toEqual([]);
  });

  it('has a version for every image', () => {
    for (const container of deployments.flatMap(containersOf)) {
      const tags = kustomizations.flatMap(({ images = [] }) =>
        images.filter(({ name }) => name === container.image).map(({ newTag }) => newTag),
      );
      const tag = container.image.split(':')[1];
      for (const each of tag ? [tag] : tags) expect(each).toMatch(/^(?!latest$)[\w.-]+$/);
      expect(tag ? 1 : tags.length).toBe(tag ? 1 : 2);
    }
  });

  it('has selectors that select, and ports that are open', () => {
    for (const { spec } of deployments)
      expect(isSelected(spec.selector.matchLabels, spec.template.metadata.labels)).toBe(true);
    for (const { spec } of services) {
      const [target] = selectedBy(spec.selector);
      for (const { targetPort } of spec.ports) expect(portNames(target!)).toContain(targetPort);
    }
    for (const { spec } of ofKind('PodDisruptionBudget'))
      expect(selectedBy(spec.selector.matchLabels)).toHaveLength(1);
    for (const { spec } of ofKind('HorizontalPodAutoscaler')) {
      const scaled = deployments.find(({ metadata }) => metadata.name === spec.scaleTargetRef.name);
      expect(scaled!.spec.replicas).toBeUndefined();
    }
  });

  it('has Prometheus ask every process of ours, as jobs that the alerts know', () => {
    const [monitor] = ofKind('PodMonitor');
    const { selector, podMetricsEndpoints: endpoints } = monitor!.spec;
    expect(selectedBy(selector.matchLabels)).toEqual(ours);
    for (const { port } of endpoints)
      for (const manifest of ours) expect(portNames(manifest)).toContain(port);
    expect(monitor!.metadata.name).toContain('rollcall');
    expect(readFileSync('deploy/prometheus/rules.yml', 'utf8')).toContain('up{job=~".*rollcall.*"}');
  });

  it('lets out to the stores, to mail, to webhooks and to what receives traces', () => {
    const [policy] = ofKind('NetworkPolicy');
    const rules = policy!.spec.egress as { ports: { port: number }[] }[];
    const open = rules.flatMap(({ ports }) => ports.map(({ port }) => port));
    expect(new Set(open)).toEqual(new Set([53, 443, 465, 587, 4318, 5432, 6379, 26379]));
  });

  it('lets the network policy reach every port of ours by its name', () => {
    const [policy] = ofKind('NetworkPolicy');
    expect(selectedBy(policy!.spec.podSelector.matchLabels)).toEqual(ours);
    const open = policy!.spec.ingress.flatMap(({ ports }: { ports: { port: string }[] }) => ports);
    for (const { port } of open) for (const manifest of ours) expect(portNames(manifest)).toContain(port);
  });

  it('leads the way in to a service that there is', () => {
    for (const { spec } of ofKind('Ingress')) {
      for (const { backend } of spec.rules.flatMap(
        ({ http }: { http: { paths: unknown[] } }) => http.paths,
      )) {
        const service = services.find(({ metadata }) => metadata.name === backend.service.name);
        expect(service!.spec.ports.map(({ name }: { name: string }) => name)).toContain(
          backend.service.port.name,
        );
      }
    }
  });

  it('leads to the API, to discovery and to the pages, and to nothing else', () => {
    const [ingress] = ofKind('Ingress');
    const paths = ingress!.spec.rules.flatMap(
      ({ http }: { http: { paths: { path: string }[] } }) => http.paths,
    );
    expect(paths.map(({ path }: { path: string }) => path)).toEqual([
      '/api/',
      '/.well-known/',
      '/admin',
      '/account',
    ]);
  });

  it.each(ours)('runs $metadata.name as nobody, with probes, and room for a calm end', (manifest) => {
    const pod = manifest.spec.template.spec;
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(15);
    for (const container of containersOf(manifest)) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources).toMatchObject({ requests: {}, limits: { memory: expect.any(String) } });
    }
    const [serving] = pod.containers;
    for (const probe of ['startupProbe', 'livenessProbe'])
      expect(serving[probe].httpGet).toEqual({ path: '/health', port: 'http' });
  });

  it('asks the API for its readiness, and tells balancers before the container', () => {
    const [container] = deployments.find(({ metadata }) => metadata.name === 'rollcall-api')!.spec.template
      .spec.containers;
    expect(container.readinessProbe.httpGet).toEqual({ path: '/ready', port: 'http' });
    expect(container.lifecycle.preStop.exec.command).toEqual(['sleep', '5']);
  });
});
