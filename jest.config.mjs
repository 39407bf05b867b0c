/**
 * Jest on Node 20 cannot load ES modules from CommonJS, and Nest 12 is ES modules only. So tests run as
 * CommonJS and SWC turns everything, node_modules included, into it (about 3 s once, then cached).
 */
const js = {
  jsc: { parser: { syntax: 'ecmascript' }, target: 'es2022' },
  module: { type: 'commonjs' },
  sourceMaps: false,
};
const ts = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

const shared = {
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  moduleNameMapper: {
    '^@app/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^@rollcall/(client|nest)$': '<rootDir>/packages/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'],
  },
  transformIgnorePatterns: [],
  transform: { '\\.ts$': ['@swc/jest', ts], '\\.m?js$': ['@swc/jest', js] },
  resolver: '<rootDir>/test/setup/resolver.cjs',
  globalSetup: '<rootDir>/test/setup/global-setup.mjs',
  globalTeardown: '<rootDir>/test/setup/global-teardown.mjs',
};

/** Of test/http, what is about anything but sessions, or about failures of Postgres that Redis would hide. */
const indifferent = [
  'avatar',
  'cookies',
  'cross-site',
  'headers',
  'hostile-input',
  'mail',
  'oauth-library',
  'openapi',
  'proxy-address',
  'raw-requests',
  'routes',
  'stale-cookies',
  'webhook-deliveries',
  'webhooks',
];

/** Tests of several processes under faults and time: each has the machine to itself. */
const wholes = ['browser', 'coherence', 'faults', 'forward-auth', 'history', 'operations', 'rate-limit'];

export default {
  // Of all projects; in one of them it would be ignored.
  testTimeout: 20_000,
  projects: [
    {
      ...shared,
      displayName: 'parts',
      testMatch: ['<rootDir>/{apps,libs,test}/**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...wholes.map((folder) => `<rootDir>/test/${folder}/`)],
    },
    {
      ...shared,
      displayName: 'wholes',
      testMatch: wholes.map((folder) => `<rootDir>/test/${folder}/**/*.spec.ts`),
    },
    {
      ...shared,
      displayName: 'with Redis',
      testMatch: ['<rootDir>/test/http/*.spec.ts'],
      testPathIgnorePatterns: indifferent.map((name) => `<rootDir>/test/http/${name}.spec.ts`),
      setupFiles: ['<rootDir>/test/setup/with-redis.cjs'],
    },
  ],
};
