import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = process.cwd();
const packages = ['client', 'nest'] as const;

function run(program: string, args: readonly string[], cwd = root): string {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Takes some ten seconds: the compiler has 9,000 lines of types to write. */
beforeAll(() => {
  run('npm', ['run', '--silent', 'build:packages']);
}, 120_000);

describe.each(packages)('@rollcall/%s as published', (name) => {
  it('consists of code, types and what people read', () => {
    const report = run(
      'npm',
      ['pack', '--dry-run', '--json', '--ignore-scripts'],
      join(root, 'packages', name),
    );
    const [{ files }] = JSON.parse(report) as [{ files: { path: string }[] }];
    const others = files
      .map(({ path }) => path)
      .filter((path) => !/^dist\/[\w./-]+\.(?:js|d\.ts)$/.test(path));
    expect(others.toSorted()).toEqual(['LICENSE', 'README.md', 'package.json']);
  });

  it('loads in plain Node, as a module and from CommonJS', () => {
    const from = join(root, 'examples', name === 'client' ? 'client' : 'nest-service');
    const exported = {
      client: 'MemoryTokenStore,RollcallError,SessionOverError,UnreachableError,createRollcallClient',
      nest: 'CurrentPrincipal,OptionalAuth,Public,RevocationFeed,RollcallException,RollcallGuard,RollcallModule,principalOf',
    }[name];
    const show = (load: string) =>
      `console.log(Object.keys(${load}).filter((key) => key !== '__esModule').sort().join())`;
    expect(
      run('node', ['--input-type=module', '-e', show(`await import('@rollcall/${name}')`)], from).trim(),
    ).toBe(exported);
    expect(run('node', ['--no-warnings', '-e', show(`require('@rollcall/${name}')`)], from).trim()).toBe(
      exported,
    );
  });
});
