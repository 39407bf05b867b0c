import {
  moveStreams,
  oauthErrorComponent,
  oauthErrorSchema,
  problemComponent,
  problemSchema,
} from '@app/http';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

const description = `Signs people in, knows every device that is signed in, checks every request and ends any session at once.

Replies are \`{ "success": true, "data": … }\`; refusals are RFC 9457 problem documents with a stable \`code\`.
401 means that we checked and it is not valid; 503 means that we could not check: keep the token and try again.`;

const csrfNote =
  'Without TLS the name has no `__Host-`. A request that changes something must come from a page of this site and carry ' +
  'the value of the readable cookie `__Host-csrf` as `X-CSRF-Token`.';

interface Schema {
  readonly allOf?: Schema[];
}

interface Body {
  readonly content: Record<string, { schema: Schema }>;
}

export function buildDocument(app: INestApplication): OpenAPIObject {
  const outline = new DocumentBuilder()
    .setTitle('Rollcall')
    .setDescription(description)
    .setVersion('1')
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    // Relative, so that trying it out asks the host the page came from.
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .addCookieAuth('__Host-at', { type: 'apiKey', description: csrfNote })
    .addCookieAuth('__Host-rt', { type: 'apiKey', description: csrfNote }, 'refresh')
    .addBasicAuth({ type: 'http', scheme: 'basic', description: 'Id and secret of a client' })
    .build();
  const document = SwaggerModule.createDocument(app, outline, {
    operationIdFactory: (_controller, method, version) => (version ? `${method}_${version}` : method),
  });
  sayPublicAloud(document);
  nameOperations(document);
  unwrapBodies(document);
  moveStreams(document.paths);
  document.components = {
    ...document.components,
    schemas: {
      ...document.components?.schemas,
      [problemSchema]: problemComponent as never,
      [oauthErrorSchema]: oauthErrorComponent as never,
    },
  };
  return document;
}

/** Aliases of a route are told apart by their last path segment, so that generated clients get plain names. */
function nameOperations(document: OpenAPIObject): void {
  const taken = new Set<string>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of Object.values(item as Record<string, { operationId?: string }>)) {
      const name = operation.operationId?.replace(/\[\d+\]$/, '') ?? '';
      operation.operationId = taken.has(name) ? `${name}_${path.split('/').at(-1)}` : name;
      taken.add(operation.operationId);
    }
  }
}

/** A body that is read through a preprocessor comes out as the conjunction of one schema. */
function unwrapBodies(document: OpenAPIObject): void {
  for (const path of Object.values(document.paths)) {
    for (const { requestBody } of Object.values(path as Record<string, { requestBody?: Body }>)) {
      const media = requestBody?.content['application/json'];
      if (media?.schema.allOf?.length === 1) media.schema = media.schema.allOf[0]!;
    }
  }
}

/** Without it a reader cannot tell a public operation from one whose security was forgotten. */
function sayPublicAloud(document: OpenAPIObject): void {
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path as Record<string, { security?: unknown[] }>))
      operation.security ??= [];
  }
}

/** `/openapi.json` and Swagger UI at `/docs`. */
export function serveDocument(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => buildDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
  });
}
