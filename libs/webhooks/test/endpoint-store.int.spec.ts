import { openStores } from '@app/testing';
import { PostgresEndpointStore } from '../src/infrastructure/postgres/postgres-endpoint-store.js';
import { noon, useStand } from './stand.js';

describe.each(openStores)(`${PostgresEndpointStore.name} on %s`, (_driver, open) => {
  const stand = useStand(open);

  it('rests as long as the receiver asked, whatever a parallel try brings', async () => {
    const id = await stand.addEndpoint();
    const [soon, late] = [1_000, 120_000].map((ms) => new Date(noon.getTime() + ms));
    await stand.endpoints.noteFailure(id, noon);
    await stand.endpoints.rest(id, late!);
    await stand.endpoints.rest(id, soon!);
    expect(await stand.endpoints.noteSuccess(id)).toBe(true);
    expect(await stand.endpoints.find(id)).toMatchObject({ failures: 0, failingSince: null, resumeAt: late });
    await stand.endpoints.rest(id, null);
    expect(await stand.endpoints.find(id)).toMatchObject({ resumeAt: null });
  });
});
