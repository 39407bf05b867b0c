/**
 * Who may import whom. `npm run boundaries` fails on the first arrow that points the wrong way, and
 * `test/architecture/boundaries.spec.ts` plants one violation of every rule below, so a rule cannot rot unseen.
 *
 * A new lib gets its place in `tiers` before anything can import it.
 */
const tiers = [
  ['kernel'],
  ['config', 'telemetry'],
  ['postgres', 'redis'],
  ['cache', 'event-log'],
  ['tokens', 'users', 'sessions', 'rate-limit'],
  ['auth', 'analytics', 'audit', 'webhooks', 'alerts', 'doctor', 'health'],
  ['http'],
];

const oneOf = (names) => `(?:${names.join('|')})`;
const npm = (...packages) => `(?:^|/)node_modules/${oneOf(packages)}(?:/|$)`;

/** Code that never ships. `libs/testing` is test code as a whole; so is `src/testing` inside a lib. */
const specs = ['\\.spec\\.ts$', '^test/', '^bench/', '^libs/[^/]+/test/', '^apps/[^/]+/test/'];
const testCode = [...specs, '^libs/testing/', '^libs/[^/]+/src/testing/'];

/** Of bench/package.json, installed by the first `npm run bench` only; knip sees to it that nobody else imports them. */
const benchPackages = `^${oneOf(['autocannon', 'better-auth', 'connect-redis', 'express', 'express-session', 'redis'])}(?:/|$)`;

/** Tests reach for a driver or a server directly to provoke and to look behind the adapter. */
const exemptFromTechnology = [...specs, '^libs/testing/'];

/**
 * `$1` is the lib's own name, so a lib is never compared with itself. The same tier counts as "not left": two
 * libs of one tier that need each other are one lib, or need a common one below. The last tier has only apps to
 * its right, which have a rule of their own.
 */
const tierRules = tiers.slice(0, -1).map((tier, position) => ({
  name: `tier-of-${tier.join('-')}`,
  comment: `${tier.join(', ')} may import only what stands left of it: imports point one way, so a lib can be understood, tested and replaced with only the libs below it in mind.`,
  severity: 'error',
  from: { path: `^libs/(${tier.join('|')})/` },
  to: { path: `^libs/${oneOf(tiers.slice(position).flat())}/`, pathNot: '^libs/$1/' },
}));

module.exports = {
  forbidden: [
    ...tierRules,
    {
      name: 'lib-without-a-tier',
      comment:
        'A lib that is missing from the tiers above would be bound by none of them. Give it its place first.',
      severity: 'error',
      from: {},
      to: { path: '^libs/', pathNot: `^libs/${oneOf([...tiers.flat(), 'testing'])}/` },
    },
    {
      name: 'libs-never-import-apps',
      comment:
        'Apps compose libs. A lib that knows its app can serve no second one and cannot be tested alone.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-are-separate',
      comment: 'Apps are separate processes; what two of them share belongs in a lib.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'packages-stand-alone',
      comment:
        'A package is installed by others, without the rest of this repository and without its sisters.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^(?:apps|bench|db|examples|libs|packages|scripts|test)/', pathNot: '^packages/$1/' },
    },
    {
      name: 'examples-import-packages-only',
      comment: 'An example shows what everybody can do who has installed the packages.',
      severity: 'error',
      from: { path: '^examples/([^/]+)/' },
      to: { path: '^(?:apps|bench|db|examples|libs|scripts|test)/', pathNot: '^examples/$1/' },
    },
    {
      name: 'packages-only-through-index',
      comment: 'What the index of a package does not export is not there for those who install it.',
      severity: 'error',
      from: { pathNot: '^packages/' },
      to: { path: '^packages/', pathNot: '^packages/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'server-imports-no-packages',
      comment:
        'Packages and examples speak to the server over HTTP; the server that imported them would speak to itself.',
      severity: 'error',
      from: { path: '^(?:libs|apps/(?!dashboard/))', pathNot: testCode },
      to: { path: '^(?:examples|packages)/' },
    },
    {
      name: 'dashboard-knows-the-api-only',
      comment:
        'The dashboard is a client like any other: what it cannot do by the documented API, nobody else could either.',
      severity: 'error',
      from: { path: '^apps/dashboard/' },
      to: { path: ['^libs/', '^packages/(?!client/)'] },
    },
    {
      name: 'no-cycles',
      comment:
        'In a cycle no file can be read, tested or initialised first. Type-only imports count as well.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'only-through-index',
      comment:
        'src/index.ts is the one door of a lib: what it does not export can change without asking anybody.',
      severity: 'error',
      from: { path: '^(?:libs/)?([^/]+)' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'across-libs-by-alias',
      comment:
        'Another lib is imported as @app/<lib>, so that a lib can move and its users are found by name.',
      severity: 'error',
      from: { path: '^(?:libs/)?([^/]+)' },
      to: {
        path: '^libs/[^/]+/src/index\\.ts$',
        pathNot: '^libs/$1/',
        dependencyTypesNot: ['aliased'],
      },
    },
    {
      name: 'testing-lib-only-in-tests',
      comment:
        'libs/testing starts servers and fakes time. It is not part of the build; an import breaks the start.',
      severity: 'error',
      from: { pathNot: testCode },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'test-code-only-in-tests',
      comment: 'Fakes, contract suites and specs are not built either: code that ships must not need them.',
      severity: 'error',
      from: { pathNot: testCode },
      to: { path: testCode, pathNot: '^libs/testing/' },
    },
    {
      name: 'domain-imports-only-kernel-and-domain',
      comment:
        'Domain code is facts and decisions: no framework, store, clock, randomness or package of others, not even of Node. So it is tested in microseconds and outlives every technology choice. Types of lower tiers are erased by the compiler and may be named; auth is where users, sessions and tokens meet, so its rules may call theirs.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/src/domain/', pathNot: specs },
      to: {
        pathNot: ['^libs/$1/src/domain/', '^libs/(?:kernel|sessions)/src/index\\.ts$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'application-imports-no-infrastructure',
      comment:
        'Application code speaks to ports that the domain owns. One import of an adapter, and the fake can no longer stand in for it.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/src/application/', pathNot: specs },
      to: { path: '^libs/$1/src/infrastructure/' },
    },
    {
      name: 'only-the-index-imports-the-module',
      comment: 'The *.module.ts wires the layers together, so it stands above all of them.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/src/(?:domain|application|infrastructure)/', pathNot: specs },
      to: { path: '^libs/$1/src/[^/]+\\.module\\.ts$' },
    },
    {
      name: 'no-framework-in-domain-or-kernel',
      comment:
        'Everything imports the kernel and the domain; a framework there would be a framework everywhere.',
      severity: 'error',
      from: { path: ['^libs/kernel/', '^libs/[^/]+/src/domain/'], pathNot: specs },
      to: { path: npm('@nestjs', 'fastify', '@fastify', 'express', '@types/express') },
    },
    {
      name: 'http-only-at-the-edge',
      comment:
        'Only libs/http and the apps know that the outside speaks HTTP; a session is not an HTTP thing.',
      severity: 'error',
      from: { pathNot: [...exemptFromTechnology, '^libs/http/', '^apps/', '^examples/'] },
      to: {
        path: npm(
          'fastify',
          '@fastify',
          'helmet',
          'express',
          '@types/express',
          '@nestjs/platform-fastify',
          '@nestjs/platform-express',
          '@nestjs/swagger',
        ),
      },
    },
    {
      name: 'drizzle-only-in-postgres-adapters',
      comment: 'SQL stays where a reviewer looks for it, and rows never travel past their repository.',
      severity: 'error',
      from: {
        pathNot: [...exemptFromTechnology, '^libs/postgres/', '^libs/[^/]+/src/infrastructure/postgres/'],
      },
      to: { path: npm('drizzle-orm') },
    },
    {
      name: 'database-drivers-only-in-postgres',
      comment:
        'libs/postgres alone opens connections: it decides time-outs and which failures mean "could not answer".',
      severity: 'error',
      from: { pathNot: [...exemptFromTechnology, '^libs/postgres/'] },
      to: { path: npm('pg', 'pg-[^/]+', '@types/pg', '@electric-sql') },
    },
    {
      name: 'ioredis-only-in-redis-adapters',
      comment:
        'One place owns the connection, the breaker and the time-outs; adapters send commands, nobody else.',
      severity: 'error',
      from: { pathNot: [...exemptFromTechnology, '^libs/redis/', '^libs/[^/]+/src/infrastructure/redis/'] },
      to: { path: npm('ioredis') },
    },
    {
      name: 'no-dev-packages-in-production',
      comment: 'devDependencies are absent from a production install, so this import fails only there.',
      severity: 'error',
      // The dashboard is packed when it is built: nothing of its packages is there when it runs.
      from: {
        path: '^(?:apps|examples|libs|packages)/',
        pathNot: [...testCode, '^apps/dashboard/'],
      },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'not-resolvable',
      comment:
        'An import that cannot be resolved would slip past every rule above: a deep @app/<lib>/… path, a missing alias, a typing error.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: benchPackages },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Our own output only: packages keep theirs in a dist folder too, and must stay visible to the rules.
    exclude: { path: ['^dist/', '^apps/[^/]+/dist/', '^examples/[^/]+/dist/', '^packages/[^/]+/dist/'] },
    tsConfig: { fileName: 'tsconfig.json' },
    // Type-only imports are dependencies too: a domain type that needs a driver's type is not a domain type.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
