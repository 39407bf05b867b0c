import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A refusal as declared: `kind` may stand in the class above. */
interface Declaration {
  readonly name: string;
  readonly parent: string;
  readonly code: string | undefined;
  readonly kind: string | undefined;
}

/** Kinds by code of every refusal that the sources declare. */
export function declaredErrors(): Map<string, Set<string>> {
  const declarations = ['libs', 'apps'].flatMap(sourcesBelow).flatMap(declarationsIn);
  const byName = new Map(declarations.map((declaration) => [declaration.name, declaration]));
  const kindOf = ({ name, kind, parent }: Declaration): string => {
    const above = byName.get(parent);
    if (!kind && !above) throw new Error(`${name} has no kind`);
    return kind ?? kindOf(above!);
  };
  const kinds = new Map<string, Set<string>>();
  for (const declaration of declarations.filter(({ code }) => code !== undefined)) {
    const known = kinds.get(declaration.code!) ?? new Set<string>();
    kinds.set(declaration.code!, known.add(kindOf(declaration)));
  }
  return kinds;
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?:^|\/)src\/.*\.ts$/.test(file) && !/\.spec\.ts$|\/testing\/|^testing\//.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}

const refusalClass = /class (\w+) extends (\w*Error)\b[^{]*\{(.*?)\n\}/gs;

function declarationsIn(source: string): Declaration[] {
  return [...source.matchAll(refusalClass)]
    .map(([, name, parent, body]) => ({
      name: name!,
      parent: parent!,
      code: /readonly code = '(\w+)'/.exec(body!)?.[1],
      kind: /readonly kind = '([\w-]+)'/.exec(body!)?.[1],
    }))
    .filter(({ code, kind }) => code !== undefined || kind !== undefined);
}
