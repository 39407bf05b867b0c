import { TokenRevocation } from '@app/auth';
import { AccessTokens } from '@app/tokens';
import { type Api, startApi } from '../support/api.js';

let api: Api;

beforeAll(async () => {
  api = await startApi();
});

describe(TokenRevocation.name, () => {
  it('refuses the revoked token on its next use, leaves the session alive, and may be repeated', async () => {
    const device = await api.register();
    const verdict = api.app.get(AccessTokens, { strict: false }).verify(device.token);
    if (verdict.kind !== 'valid') throw new Error('the token of a new session is not valid');
    const revocation = api.app.get(TokenRevocation, { strict: false });

    expect(await revocation.revoke(verdict.claims)).toBe('complete');
    const refused = await device.get('/auth/session').expect(401);
    expect(refused.body).toMatchObject({ code: 'TOKEN_REVOKED' });
    expect(await revocation.revoke(verdict.claims)).toBe('complete');
  });
});
