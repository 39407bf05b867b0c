import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { freePort } from '@app/testing';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { aClientOf, type ClientCredentials } from '../support/clients.js';
import { claimsIn } from '../support/claims.js';

// oxlint-disable-next-line typescript/no-deprecated -- deprecated as a warning; these tests run on one machine without TLS
const plainHttp = { [oauth.allowInsecureRequests]: true };

let api: Api;
let server: oauth.AuthorizationServer;
let credentials: ClientCredentials;
let client: oauth.Client;

beforeAll(async () => {
  const port = await freePort();
  api = await startApi({ env: { PUBLIC_URL: `http://127.0.0.1:${port}` }, port });
  const issuer = new URL(api.config.tokens.issuer);
  const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...plainHttp });
  server = await oauth.processDiscoveryResponse(issuer, found);
  credentials = await aClientOf(api);
  client = { client_id: credentials.id };
});

const methods = (): [string, oauth.ClientAuth][] => [
  ['client_secret_basic', oauth.ClientSecretBasic(credentials.secret)],
  ['client_secret_post', oauth.ClientSecretPost(credentials.secret)],
];

async function introspect(
  token: string,
  auth = oauth.ClientSecretBasic(credentials.secret),
): Promise<oauth.IntrospectionResponse> {
  const reply = await oauth.introspectionRequest(server, client, auth, token, plainHttp);
  return oauth.processIntrospectionResponse(server, client, reply);
}

async function revoke(token: string, auth = oauth.ClientSecretBasic(credentials.secret)): Promise<void> {
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, auth, token, plainHttp),
  );
}

describe('a service that uses oauth4webapi', () => {
  it('discovers where tokens are checked [RFC 8414]', () => {
    expect(server.issuer).toBe(api.config.tokens.issuer);
    for (const [method] of methods()) {
      expect(server.introspection_endpoint_auth_methods_supported).toContain(method);
      expect(server.revocation_endpoint_auth_methods_supported).toContain(method);
    }
  });

  it('learns whose token it is, in either way of authenticating [RFC 7662]', async () => {
    const device = await api.register();
    const claims = claimsIn(device.token);
    for (const [, auth] of methods()) {
      expect(await introspect(device.token, auth)).toEqual({
        active: true,
        token_type: 'Bearer',
        username: device.person.email,
        ...claims,
      });
    }
  });

  it.each([
    ['an access token, which is refused on its next use', (device: SignedInDevice) => device.token],
    ['a refresh token, and its session with it', (device: SignedInDevice) => device.refreshToken],
  ])('revokes %s [RFC 7009]', async (_what, tokenOf) => {
    for (const [, auth] of methods()) {
      const device = await api.register();
      expect(await introspect(tokenOf(device))).toMatchObject({ active: true, sub: device.userId });
      await revoke(tokenOf(device), auth);
      await device.get('/auth/session').expect(401);
      expect(await introspect(tokenOf(device))).toEqual({ active: false });
      await revoke(tokenOf(device), auth);
    }
  });

  it('is told in words of OAuth that its secret is wrong', async () => {
    const wrong = oauth.ClientSecretPost('wrong');
    const device = await api.register();
    await expect(introspect(device.token, wrong)).rejects.toMatchObject({
      cause: [{ scheme: 'basic', parameters: { realm: 'rollcall' } }],
    });
    await device.get('/auth/session').expect(200);
  });

  it('is told in words of OAuth what is wrong with its request', async () => {
    const resource = await aClientOf(api, 'resource');
    const reply = await oauth.revocationRequest(
      server,
      { client_id: resource.id },
      oauth.ClientSecretBasic(resource.secret),
      'x',
      plainHttp,
    );
    await expect(oauth.processRevocationResponse(reply)).rejects.toMatchObject({
      error: 'unauthorized_client',
      error_description: 'This client may not do this.',
      status: 400,
    });
  });
});

describe('a service that uses jose', () => {
  it('verifies access tokens offline, from the published keys [RFC 7517, RFC 9068]', async () => {
    const device = await api.register();
    const keys = createRemoteJWKSet(new URL(server.jwks_uri!));
    const { issuer, audience } = api.config.tokens;
    const { payload, protectedHeader } = await jwtVerify(device.token, keys, {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
    });
    expect(payload).toEqual(claimsIn(device.token));
    expect(protectedHeader.kid).toMatch(/^[\w-]{43}$/);

    const other = jwtVerify(device.token, keys, { issuer, audience: 'billing' });
    await expect(other).rejects.toThrow(errors.JWTClaimValidationFailed);
  });

  it('reads tokens as oauth4webapi does, which knows the profile [RFC 9068 §4]', async () => {
    const device = await api.register();
    const request = new Request('http://api.example.com/', {
      headers: { authorization: `Bearer ${device.token}` },
    });
    const claims = await oauth.validateJwtAccessToken(server, request, api.config.tokens.audience, plainHttp);
    expect(claims).toEqual(claimsIn(device.token));
  });
});
