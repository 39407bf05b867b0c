import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

const root = 'deploy/kubernetes';

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env?: readonly { readonly name: string }[];
  readonly securityContext?: object;
  readonly resources?: object;
  readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string } };
}

type Labels = Readonly<Record<string, string>>;

/** The members that the checks look at. */
export interface Manifest {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
  // oxlint-disable-next-line typescript/no-explicit-any -- of a dozen kinds, each checked against its schema first
  readonly spec: any;
}

export interface Kustomization {
  readonly file: string;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly images?: readonly { readonly name: string; readonly newTag?: string }[];
  readonly configMapGenerator?: readonly Generator[];
  readonly secretGenerator?: readonly Generator[];
  readonly patches?: readonly { readonly target: { readonly kind: string; readonly name: string } }[];
}

interface Generator {
  readonly name: string;
  readonly literals: readonly string[];
}

const files = (readdirSync(root, { recursive: true }) as string[])
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => join(root, file));

const isKustomization = (file: string): boolean => file.endsWith('kustomization.yaml');

export const kustomizations = files.filter(isKustomization).map((file) => ({
  ...(parse(readFileSync(file, 'utf8')) as Kustomization),
  file,
}));

export const manifests: Manifest[] = files
  .filter((file) => !isKustomization(file))
  .flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8')).map((document) => ({
      ...(document.toJS() as Manifest),
      file,
    })),
  );

/** Paths that a kustomization takes in, from the root of the repository. */
export function takenIn({ file, resources = [], components = [] }: Kustomization): string[] {
  return [...resources, ...components].map((path) => normalize(join(dirname(file), path)));
}

export const ofKind = (...kinds: string[]): Manifest[] =>
  manifests.filter(({ kind }) => kinds.includes(kind));

/** Every container of every pod, init containers included. */
export function containersOf(manifest: Manifest): Container[] {
  const { containers, initContainers = [] } = manifest.spec.template.spec as {
    containers: Container[];
    initContainers?: Container[];
  };
  return [...initContainers, ...containers];
}

export function isSelected(selector: Labels, labels: Labels = {}): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}
