import { problemComponent, problemSchema } from '@app/http';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

const description = `Signs people in, knows every device that is signed in, checks every request and ends any session at once.

Replies are \`{ "success": true, "data": … }\`; refusals are RFC 9457 problem documents with a stable \`code\`.
401 means that we checked and it is not valid; 503 means that we could not check: keep the token and try again.`;

export function buildDocument(app: INestApplication, publicUrl: string): OpenAPIObject {
  const outline = new DocumentBuilder()
    .setTitle('Rollcall')
    .setDescription(description)
    .setVersion('1')
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer(publicUrl)
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .build();
  const document = SwaggerModule.createDocument(app, outline, {
    operationIdFactory: (_controller, method, version) => (version ? `${method}_${version}` : method),
  });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, [problemSchema]: problemComponent as never },
  };
  return document;
}

/** `/openapi.json` and Swagger UI at `/docs`. */
export function serveDocument(app: INestApplication, publicUrl: string): void {
  SwaggerModule.setup('docs', app, () => buildDocument(app, publicUrl), { jsonDocumentUrl: 'openapi.json' });
}
