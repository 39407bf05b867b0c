import { eventTypes } from '@app/event-log';
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

/** A name of an event in a call that logs it, or in the description of a job that does. */
const loggedEvent =
  /(?:log\.(?:info|warn|error)\(\s*|logger[^(]*\(\{\s*event: |\b(?:interrupted|resumed): )'([a-z_]+\.[a-z_]+)'/g;

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

  it('the operations pages name every event that the log may have', () => {
    const sources = execFileSync('git', ['ls-files', 'libs/*/src/*.ts', 'apps/*/src/*.ts'], {
      encoding: 'utf8',
    });
    const events = sources
      .split('\n')
      .filter((file) => existsSync(file) && !file.endsWith('.spec.ts'))
      .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(loggedEvent)].map(([, name]) => name!));
    const pages = ['docs/operations.md', ...documents.filter((file) => file.startsWith('docs/operations/'))];
    const text = pages.map((page) => readFileSync(page, 'utf8')).join('\n');
    expect(events.length).toBeGreaterThan(40);
    expect(events.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('the page about webhooks names every type of event, by itself or by its kind', () => {
    const page = readFileSync('docs/webhooks.md', 'utf8');
    const table = page.slice(page.indexOf('| type | when |'), page.indexOf('## Checking a message'));
    const named = [...table.matchAll(/`([a-z_]+\.(?:[a-z_]+|\*))`/g)].map(([, name]) => name!);
    const waysToName = (type: string): string[] => [type, `${type.split('.')[0]}.*`];
    expect(eventTypes.filter((type) => !waysToName(type).some((name) => named.includes(name)))).toEqual([]);
    const known = new Set(eventTypes.flatMap(waysToName));
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('every lib says in its README what it holds', () => {
    const libs = execFileSync('ls', ['libs'], { encoding: 'utf8' }).trim().split('\n');
    expect(libs.filter((lib) => lib !== 'testing' && !existsSync(`libs/${lib}/README.md`))).toEqual([]);
  });
});
