import { existsSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';

/** Every markdown file of the repository, as git knows them. */
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));

/** Relative links, without anchors. */
function linksOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => join(dirname(file), target!));
}

describe('documents', () => {
  it.each(documents)('%s links to nothing that is missing', (file) => {
    expect(linksOf(file).filter((target) => !existsSync(target))).toEqual([]);
  });

  it('.env.example documents every setting and nothing else', () => {
    const schema = readFileSync('libs/config/src/environment.schema.ts', 'utf8');
    const settings = [...schema.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name!);
    const documented = [...readFileSync('.env.example', 'utf8').matchAll(/^([A-Z][A-Z0-9_]+)=/gm)].map(
      ([, name]) => name!,
    );
    expect(settings.length).toBeGreaterThan(20);
    expect(settings.filter((name) => !documented.includes(name))).toEqual([]);
    expect(documented.filter((name) => !settings.includes(name))).toEqual(['POSTGRES_PASSWORD']);
  });

  it('every lib says in its README what it holds', () => {
    const libs = execFileSync('ls', ['libs'], { encoding: 'utf8' }).trim().split('\n');
    expect(libs.filter((lib) => lib !== 'testing' && !existsSync(`libs/${lib}/README.md`))).toEqual([]);
  });
});
