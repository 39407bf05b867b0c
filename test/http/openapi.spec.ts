import { existsSync, readFileSync } from 'node:fs';
import type { AccessMode } from '@app/http';
import { type Api, startApi } from '../support/api.js';
import { declaredErrors } from '../support/error-catalogue.js';
import { routesOf } from '../support/registered-routes.js';
import { SchemaCheck } from '../support/schema-check.js';

interface Media {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Record<string, { readonly value: Record<string, unknown> }>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: string[];
  readonly security: unknown[];
  readonly parameters: { name: string; in: string; required: boolean }[];
  readonly requestBody?: { readonly content: Record<string, Media>; readonly required: boolean };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content: Record<string, Media> }
  >;
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: Record<string, { additionalProperties?: unknown; example?: unknown }>;
  };
}

const problemType = 'application/problem+json';
const formType = 'application/x-www-form-urlencoded';

/** What a request without or with a good credential of the mode is described by. */
const securityOf: Record<AccessMode, object[]> = {
  public: [],
  refresh: [{ refresh: [] }],
  token: [{ bearer: [] }, { cookie: [] }],
  session: [{ bearer: [] }, { cookie: [] }],
  client: [{ basic: [] }],
};

/** HTTP statuses by kind of refusal: part of the contract, so written down once more. */
const statusOf: Record<string, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  gone: 410,
  'too-large': 413,
  'unsupported-media': 415,
  'rate-limited': 429,
  internal: 500,
  unavailable: 503,
};

const sessionCodes = [
  'UNAUTHENTICATED',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'TOKEN_REVOKED',
  'SESSION_ENDED',
  'SESSION_EXPIRED',
];

let api: Api;
let document: Document;
let check: SchemaCheck;
let operations: { route: string; operation: Operation }[];

beforeAll(async () => {
  api = await startApi();
  document = (await api.root('get', '/openapi.json').expect(200)).body;
  check = await SchemaCheck.for(document.components);
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
      operation,
    })),
  );
});

const uploads = ['POST /api/v1/auth/profile/avatar'];
const images = new Set(['GET /api/v1/auth/profile/avatar', 'GET /api/v1/avatars/:file']);
const streams = new Set(['GET /api/v1/admin/events']);
const lines = new Set(['GET /api/v1/admin/audit/export']);
const alsoStreams = ['GET /api/v1/revocations'];
const forOAuth = ['GET /api/v1/revocations'];
const forms = ['POST /api/v1/oauth/introspect', 'POST /api/v1/oauth/revoke'];

function successOf({ responses }: Operation): [number, Media] {
  const [status, response] = Object.entries(responses).find(([code]) => code.startsWith('2'))!;
  return [Number(status), response.content['application/json']!];
}

/** Codes of all documented refusals of an operation, with their statuses. */
function problemsOf({
  responses,
}: Operation): { status: number; code: string; example: Record<string, unknown> }[] {
  return Object.entries(responses).flatMap(([status, { content }]) =>
    Object.entries((content?.[problemType] ?? content?.['application/json'])?.examples ?? {}).map(
      ([code, { value }]) => ({
        status: Number(status),
        code,
        example: value,
      }),
    ),
  );
}

const keyOf = (one: unknown): string => Object.keys(one as object).join();

describe('the API document', () => {
  it('describes every route of the product but the one for Prometheus, and no other', () => {
    expect(operations.map(({ route }) => route).toSorted()).toEqual(
      Object.keys(routesOf(api.app))
        .filter((route) => route !== 'GET /metrics')
        .toSorted(),
    );
  });

  it('tells for every route who may call it', () => {
    const modes = routesOf(api.app);
    for (const { route, operation } of operations) {
      const named = operation.security?.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
      expect({ route, security: named }).toEqual({
        route,
        security: securityOf[modes[route]!],
      });
    }
  });

  it('gives every operation an id of its own, a summary and a place', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(operations.length);
    for (const { route, operation } of operations) {
      expect({ route, summary: operation.summary }).toEqual({
        route,
        summary: expect.stringMatching(/^[A-Z].{9,}/),
      });
      expect(operation.tags).toHaveLength(1);
    }
  });

  it('describes every part of an address', () => {
    for (const { route, operation } of operations) {
      const named = [...route.matchAll(/:(\w+)/g)].map(([, name]) => name);
      const described = operation.parameters.filter((each) => each.in === 'path' && each.required);
      expect(described.map(({ name }) => name)).toEqual(named);
    }
  });

  it('shows for every operation a success that its own schema accepts', () => {
    for (const { route, operation } of operations.filter(
      (each) => !images.has(each.route) && !streams.has(each.route) && !lines.has(each.route),
    )) {
      const [, { schema, example }] = successOf(operation);
      expect({ route, example }).toEqual({ route, example: expect.any(Object) });
      expect({ route, errors: check.errorsOf(example, schema) }).toEqual({ route, errors: null });
    }
  });

  it('serves images as WebP and takes files by forms', () => {
    for (const { operation } of operations.filter(({ route }) => images.has(route))) {
      expect(Object.keys(operation.responses['200']!.content)).toEqual(['image/webp']);
    }
    for (const { operation } of operations.filter(({ route }) => uploads.includes(route))) {
      expect(Object.keys(operation.requestBody!.content)).toEqual(['multipart/form-data']);
    }
  });

  it('shows what a stream looks like, and how to come back to it', () => {
    const all = new Set([...streams, ...alsoStreams]);
    for (const { operation } of operations.filter(({ route }) => all.has(route))) {
      const { example } = operation.responses['200']!.content['text/event-stream']!;
      expect(example).toMatch(/^retry: \d+\nid: [\w.-]+\n\nid: [\w.-]+\ndata: \{.*\}\n\n$/);
      expect(operation.parameters.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['after', 'Last-Event-ID']),
      );
    }
  });

  it('shows what a line of a file of lines looks like', () => {
    for (const { operation } of operations.filter(({ route }) => lines.has(route))) {
      const { example } = operation.responses['200']!.content['application/x-ndjson']!;
      expect(
        check.errorsOf(JSON.parse(example as string), document.components.schemas['AuditRecord']!),
      ).toBeNull();
      expect(example).toMatch(/^\{.*\}\n$/);
    }
  });

  it('takes forms where OAuth wants them', () => {
    for (const { operation } of operations.filter(({ route }) => forms.includes(route))) {
      expect(Object.keys(operation.requestBody!.content)).toEqual([formType]);
      const { schema } = operation.requestBody!.content[formType]!;
      const name = (schema as { $ref: string }).$ref.split('/').at(-1)!;
      expect(check.errorsOf(document.components.schemas[name]!.example, schema)).toBeNull();
      expect(check.errorsOf({}, schema)).not.toBeNull();
    }
  });

  it('shows for every body an example that its own schema accepts, and lets nothing else in', () => {
    const bodies = operations.filter(({ operation }) => operation.requestBody);
    expect(bodies.map(({ route }) => route)).toEqual([
      'POST /api/v1/auth/register',
      'POST /api/v1/auth/signin',
      'POST /api/v1/auth/login',
      'POST /api/v1/auth/signin/continue',
      'POST /api/v1/auth/shares/redeem',
      'POST /api/v1/auth/refresh',
      'POST /api/v1/auth/step-up',
      'PUT /api/v1/auth/profile/password',
      'PUT /api/v1/auth/profile',
      ...uploads,
      'POST /api/v1/sessions/shares',
      ...forms,
      'POST /api/v1/admin/users',
      'POST /api/v1/admin/users/:id/disable',
      'POST /api/v1/admin/users/:id/enable',
      'PUT /api/v1/admin/users/:id/role',
      'POST /api/v1/admin/users/:id/require-password-change',
      'POST /api/v1/admin/users/:id/unlock',
      'POST /api/v1/admin/sessions/end',
      'POST /api/v1/admin/keys/rotate',
      'POST /api/v1/admin/keys/:kid/withdraw',
      'POST /api/v1/admin/rate-limits/reset',
      'POST /api/v1/admin/webhooks',
      'PUT /api/v1/admin/webhooks/:id',
      'POST /api/v1/admin/webhooks/:id/disable',
      'POST /api/v1/admin/webhooks/:id/enable',
      'POST /api/v1/admin/webhooks/:id/rotate-secret',
      'POST /api/v1/admin/webhooks/:id/deliveries/:delivery/replay',
      'POST /api/v1/admin/webhooks/:id/replay',
      'POST /api/v1/admin/webhooks/:id/ping',
    ]);
    for (const { route, operation } of bodies.filter(
      (each) => ![...forms, ...uploads].includes(each.route),
    )) {
      const { content, required } = operation.requestBody!;
      const { schema } = content['application/json']!;
      const name = (schema as { $ref: string }).$ref.split('/').at(-1)!;
      const component = document.components.schemas[name]!;
      expect({ name, required, extra: component.additionalProperties }).toEqual({
        name,
        // Without one the cookie is meant.
        required: !route.endsWith('/refresh'),
        extra: false,
      });
      expect(check.errorsOf(component.example, schema)).toBeNull();
      const foreign = 'role' in (component.example as object) ? 'gen' : 'role';
      const more = { ...(component.example as object), [foreign]: 'admin' };
      expect(check.errorsOf(more, schema)).not.toBeNull();
    }
  });

  it('has an example of the problem schema for every code it names', () => {
    const problem = { $ref: '#/components/schemas/Problem' };
    for (const { route, operation } of operations.filter(
      (each) => ![...forms, ...forOAuth].includes(each.route),
    )) {
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        if (!content?.[problemType]) continue;
        expect(content[problemType].schema).toEqual(problem);
        expect(Object.keys(content[problemType].examples!)).toEqual(description.split(', '));
        expect(Number(status)).toBeGreaterThanOrEqual(400);
      }
      for (const { status, code, example } of problemsOf(operation)) {
        expect({ route, errors: check.errorsOf(example, problem) }).toEqual({ route, errors: null });
        expect(example).toMatchObject({
          status,
          code,
          success: false,
          error: { code, message: example.detail },
        });
      }
    }
  });

  it('has an example in words of OAuth for every refusal to a client', () => {
    const error = { $ref: '#/components/schemas/OAuthError' };
    for (const { route, operation } of operations.filter((each) =>
      [...forms, ...forOAuth].includes(each.route),
    )) {
      const problems = problemsOf(operation);
      expect(problems.map(({ code }) => code)).toContain('INVALID_CLIENT');
      for (const { status, code, example } of problems) {
        expect({ route, errors: check.errorsOf(example, error) }).toEqual({ route, errors: null });
        expect(example).toMatchObject({
          status,
          code,
          error: expect.any(String),
          error_description: example.detail,
        });
      }
    }
  });

  it('names the refusals that a route can give', () => {
    const modes = routesOf(api.app);
    for (const { route, operation } of operations.filter((each) => each.route.includes('/api/'))) {
      const codes = problemsOf(operation).map(({ code }) => code);
      expect(codes).toEqual(expect.arrayContaining(['INTERNAL', 'STORE_UNAVAILABLE']));
      if (modes[route] === 'session') expect(codes).toEqual(expect.arrayContaining(sessionCodes));
      if (modes[route] === 'token') {
        expect(codes).toEqual(expect.arrayContaining(['UNAUTHENTICATED', 'TOKEN_INVALID']));
      }
      if (operation.requestBody) {
        const body = ['VALIDATION_FAILED', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];
        expect(codes).toEqual(expect.arrayContaining(body));
      }
      if (operation.parameters.some((each) => each.in === 'path')) expect(codes).toContain('NOT_FOUND');
    }
  });

  it('promises what the routes really answer', async () => {
    const device = await api.register();
    const read = [
      '/auth/session',
      '/auth/me',
      '/auth/sessions',
      '/sessions',
      '/sessions/active',
      '/sessions/current',
    ];
    for (const path of read) {
      const [status, { schema }] = successOf(document.paths[`/api/v1${path}`]!.get!);
      const reply = await device.get(path).expect(status);
      expect({ path, errors: check.errorsOf(reply.body, schema) }).toEqual({ path, errors: null });
    }
    const register = successOf(document.paths['/api/v1/auth/register']!.post!);
    expect(register[0]).toBe(201);
    expect(check.errorsOf(device.reply.body, register[1].schema)).toBeNull();
    const refusal = await api.send('get', '/auth/session').expect(401);
    expect(check.errorsOf(refusal.body, { $ref: '#/components/schemas/Problem' })).toBeNull();
  });

  it('is the committed openapi.json', () => {
    expect(existsSync('openapi.json')).toBe(true);
    expect(JSON.parse(readFileSync('openapi.json', 'utf8'))).toEqual(document);
  });
});

describe('docs/errors.md', () => {
  const text = readFileSync('docs/errors.md', 'utf8');
  const documented = new Map(
    [...text.matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm)].map(([, code, status]) => [code!, Number(status)]),
  );
  const declared = declaredErrors();

  it('lists every code that the sources declare, with its status, and no other', () => {
    const fromSources = [...declared].map(([code, kinds]) => [
      code,
      [...kinds].map((kind) => statusOf[kind]),
    ]);
    const fromDocument = [...documented].map(([code, status]) => [code, [status]]);
    expect(Object.fromEntries(fromDocument)).toEqual(Object.fromEntries(fromSources));
    expect(documented.size).toBeGreaterThan(15);
  });

  it('lists every code that the API document names', () => {
    const named = new Set(
      operations.flatMap(({ operation }) => problemsOf(operation).map(({ code }) => code)),
    );
    expect([...named].filter((code) => !documented.has(code))).toEqual([]);
  });

  it('lists every reason for which a session can end', () => {
    const source = readFileSync('libs/sessions/src/domain/session.ts', 'utf8');
    const union = /type EndReason =([^;]+);/.exec(source)![1]!;
    const reasons = [...union.matchAll(/'(\w+)'/g)].map(([, reason]) => reason);
    const listed = /End reasons:([^.]+)\./.exec(text)![1]!;
    expect([...listed.matchAll(/`(\w+)`/g)].map(([, reason]) => reason)).toEqual(reasons);
  });
});
