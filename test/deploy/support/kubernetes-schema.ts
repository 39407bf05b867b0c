import * as prometheus from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import ts from 'typescript';
import type { Manifest } from './manifests.js';

const groups: Readonly<Record<string, { readonly from: string; readonly models: object }>> = {
  v1: { from: 'kubernetes-models/v1', models: core },
  'apps/v1': { from: 'kubernetes-models/apps/v1', models: apps },
  'autoscaling/v2': { from: 'kubernetes-models/autoscaling/v2', models: autoscaling },
  'networking.k8s.io/v1': { from: 'kubernetes-models/networking.k8s.io/v1', models: networking },
  'policy/v1': { from: 'kubernetes-models/policy/v1', models: policy },
  'monitoring.coreos.com/v1': {
    from: '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
    models: prometheus,
  },
};

type Model = new (content: object) => { validate(): void };

/** What the schema of its kind has against values of a manifest; fields that it does not know pass. */
export function complaintOf({ file, ...content }: Manifest): string | null {
  const model = (groups[content.apiVersion]?.models as Record<string, Model> | undefined)?.[content.kind];
  if (!model) return `${file}: no schema of ${content.apiVersion} ${content.kind}`;
  try {
    new model(content).validate();
    return null;
  } catch (error) {
    return `${file}: ${content.kind}: ${(error as Error).message}`;
  }
}

/**
 * The rest: manifests as literals of the types of their kinds, so that the compiler finds what no kind has, such as a
 * misspelled field, which Kubernetes would drop without a word.
 */
export function unknownFields(manifests: readonly Manifest[]): string[] {
  const name = 'manifests.check.ts';
  const lines = manifests.map(({ file: _file, ...content }, index) => {
    const { from } = groups[content.apiVersion]!;
    const type = `import('${from}').I${content.kind}`;
    return `export const manifest${index}: ${type} = ${JSON.stringify(content)};`;
  });
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === name || fileExists(file);
  host.getSourceFile = (file, ...rest) =>
    file === name
      ? ts.createSourceFile(file, lines.join('\n'), ts.ScriptTarget.ES2023)
      : getSourceFile.call(host, file, ...rest);
  const program = ts.createProgram([name], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
