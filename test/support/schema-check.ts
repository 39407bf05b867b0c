import fastify, { type FastifyRequest } from 'fastify';

type Validator = ReturnType<FastifyRequest['compileValidationSchema']>;
type Schema = Parameters<FastifyRequest['compileValidationSchema']>[0];
export type SchemaErrors = Validator['errors'];

/**
 * Checks values against schemas of an API document, with the validator that the server brings along. References
 * are resolved within `components`. Nothing is converted: a number in quotes is no number.
 */
export class SchemaCheck {
  private constructor(
    private readonly compile: (schema: Schema) => Validator,
    private readonly components: object,
  ) {}

  static async for(components: object): Promise<SchemaCheck> {
    const options = { coerceTypes: false, removeAdditional: false, useDefaults: false, strict: false };
    const server = fastify({ ajv: { customOptions: { ...options, allErrors: true } } });
    let compile: ((schema: Schema) => Validator) | undefined;
    server.get('/', (request, reply) => {
      compile = (schema) => request.compileValidationSchema(schema);
      void reply.send();
    });
    await server.inject('/');
    if (!compile) throw new Error('the request that hands out the compiler was not answered');
    return new SchemaCheck(compile, components);
  }

  /** Null if the value is what the schema says. */
  errorsOf(value: unknown, schema: object): SchemaErrors {
    const validator = this.compile({ ...schema, components: this.components });
    return validator(value) ? null : validator.errors;
  }
}
