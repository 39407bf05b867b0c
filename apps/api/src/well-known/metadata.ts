const authMethods = ['client_secret_basic', 'client_secret_post'];

/**
 * RFC 8414 §2. No authorization or token endpoint is named: people sign in at `/api/v1/auth`, so no grant of
 * OAuth and no response type is supported.
 */
export function authorityMetadata(issuer: string) {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    introspection_endpoint: `${issuer}/api/v1/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint: `${issuer}/api/v1/oauth/revoke`,
    revocation_endpoint_auth_methods_supported: authMethods,
    response_types_supported: [],
    grant_types_supported: [],
    service_documentation: `${issuer}/docs`,
  };
}

export const metadataExample = authorityMetadata('https://id.example.com');

const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;

export const metadataSchema = {
  type: 'object',
  required: Object.keys(metadataExample),
  properties: Object.fromEntries(
    Object.entries(metadataExample).map(([name, value]) => [name, Array.isArray(value) ? texts : text]),
  ),
} as const;
