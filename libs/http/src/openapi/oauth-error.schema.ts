import { type OAuthError, toOAuthError } from '../errors/oauth-error.js';
import { problemComponent, problemExample, type ProblemName } from './problem.schema.js';

/** Name of the component that every refusal to a client refers to. */
export const oauthErrorSchema = 'OAuthError';

/** The component itself, added to the document once. */
export const oauthErrorComponent = {
  ...problemComponent,
  description:
    'RFC 6749 error with the members of a problem beside it. `error` and `code` are stable; the texts may change.',
  required: [...problemComponent.required, 'error_description'],
  properties: {
    ...problemComponent.properties,
    error: {
      type: 'string',
      enum: [
        'invalid_request',
        'invalid_client',
        'unauthorized_client',
        'temporarily_unavailable',
        'server_error',
      ],
    },
    error_description: { type: 'string' },
  },
} as const;

const tokenMissing = { errors: [{ field: 'token', message: 'must be given' }] };

export function oauthErrorExample(code: ProblemName): OAuthError {
  const facts = code === 'VALIDATION_FAILED' ? tokenMissing : {};
  return toOAuthError({ ...problemExample(code), ...facts });
}
