import multipart from '@fastify/multipart';
import { DomainError } from '@app/kernel';
import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  MalformedRequestError,
  PayloadTooLargeError,
  UnsupportedMediaTypeError,
  ValidationFailedError,
} from '../errors/http.errors.js';
import { checking } from './hooks.js';
import { routeConfig } from './route-config.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes one file as multipart/form-data, and nothing else. */
    readonly upload?: true;
  }
}

/** Boundaries and headers around the file. */
const frameBytes = 8 * 1024;

/** Marks a handler that reads its body with `readUpload`. */
export const TakesUpload = (field: string) =>
  applyDecorators(
    routeConfig({ upload: true }),
    ApiConsumes('multipart/form-data'),
    ApiBody({
      required: true,
      schema: {
        type: 'object',
        required: [field],
        properties: { [field]: { type: 'string', format: 'binary' } },
        additionalProperties: false,
      },
    }),
  );

/**
 * Forms with files are read on the routes that say so. Everywhere else they stay 415, because any page of anybody can
 * send them (ASVS v5.0.0-3.5.2). The file is not read before the route asks for it, which is after its guards.
 */
export async function acceptUploads(server: FastifyInstance): Promise<void> {
  await server.register(multipart, { limits: { files: 1, fields: 0, parts: 2, headerPairs: 16 } });
  // Before any body is read.
  server.addHook(
    'onRequest',
    checking((request) => {
      const type = request.headers['content-type'];
      if (type !== undefined && /^multipart\//i.test(type) && request.routeOptions.config.upload !== true)
        throw new UnsupportedMediaTypeError();
    }),
  );
}

/**
 * The one file of the request, under its field's name. Throws PayloadTooLargeError as soon as it is known, so never
 * more than `maxBytes` are held.
 */
export async function readUpload(
  request: FastifyRequest,
  { field, maxBytes }: { field: string; maxBytes: number },
): Promise<Buffer> {
  if (!request.isMultipart()) throw new UnsupportedMediaTypeError('multipart/form-data');
  if (Number(request.headers['content-length'] ?? 0) > maxBytes + frameBytes)
    throw new PayloadTooLargeError();
  try {
    return await onlyFile(request, field, maxBytes);
  } catch (error) {
    // The parser's own words for a form that is no form; it marks what it limits with a status.
    const isTold = error instanceof DomainError || 'statusCode' in (error as Error);
    throw isTold ? error : new MalformedRequestError('The form could not be read.');
  }
}

async function onlyFile(request: FastifyRequest, field: string, maxBytes: number): Promise<Buffer> {
  let file: Buffer | null = null;
  for await (const part of request.parts({ limits: { fileSize: maxBytes } })) {
    if (part.type !== 'file' || part.fieldname !== field || file) throw missing(field);
    file = await part.toBuffer();
  }
  if (!file || file.length === 0) throw missing(field);
  return file;
}

function missing(field: string): ValidationFailedError {
  return new ValidationFailedError([{ field, message: 'must be the one file of the form' }]);
}
