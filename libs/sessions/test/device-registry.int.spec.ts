import { randomUUID } from 'node:crypto';
import type { UserId } from '@app/kernel';
import { openStores, type OpenStore } from '@app/testing';
import { DrizzleDeviceRegistry } from '../src/infrastructure/postgres/drizzle-device-registry.js';
import type { Sighting } from '../src/index.js';

const device = { browser: null, os: null, kind: 'other' } as const;

describe.each(openStores)(`${DrizzleDeviceRegistry.name} on %s`, (_driver, open) => {
  let store: OpenStore;
  let minute = 0;

  beforeAll(async () => {
    store = await open();
  });

  afterAll(() => store.close());

  function sighting(userId: UserId, changes: Partial<Sighting>): Sighting {
    minute += 1;
    const at = new Date(Date.UTC(2026, 0, 1) + minute * 60_000);
    const keys = { deviceKey: 'phone', kindKey: 'app', recogniseBy: 'id' } as const;
    return { userId, ...keys, device, network: '192.0.2.0/24', at, ...changes };
  }

  function setup() {
    const userId = randomUUID() as UserId;
    const registry = new DrizzleDeviceRegistry(store.database);
    return { see: (changes: Partial<Sighting> = {}) => registry.see(sighting(userId, changes)) };
  }

  it('finds nothing unusual about the first sign-in, and says that it is the first', async () => {
    const { see } = setup();
    expect((await see()).isFirst).toBe(true);
    expect(await see()).toEqual({ isFirst: false, isNewDevice: false, isNewNetwork: false });
  });

  it('tells a new device and a new network, each once', async () => {
    const { see } = setup();
    await see();
    const changes = { deviceKey: 'laptop', network: '198.51.100.0/24' };
    expect(await see(changes)).toEqual({ isFirst: false, isNewDevice: true, isNewNetwork: true });
    expect(await see(changes)).toEqual({ isFirst: false, isNewDevice: false, isNewNetwork: false });
  });

  it('knows by its kind what has no id, or one that it may not keep; and the id when it comes back', async () => {
    const { see } = setup();
    await see({ deviceKey: null });
    expect(await see({ deviceKey: 'offered', recogniseBy: 'kind' })).toMatchObject({ isNewDevice: false });
    expect(await see({ deviceKey: 'offered' })).toMatchObject({ isNewDevice: false });
    expect(await see({ deviceKey: 'other' })).toMatchObject({ isNewDevice: true });
    expect(await see({ deviceKey: 'another', kindKey: 'script', recogniseBy: 'kind' })).toMatchObject({
      isNewDevice: true,
    });
  });

  it('remembers the hundred seen last of one user, and those of others', async () => {
    const [mine, other] = [setup(), setup()];
    await other.see({ deviceKey: 'first', network: 'first' });
    await mine.see({ deviceKey: 'first', network: 'first' });
    for (let index = 0; index < 98; index += 1)
      await mine.see({ deviceKey: `device ${index}`, network: `network ${index}` });
    expect(await mine.see({ deviceKey: 'first', network: 'first' })).toMatchObject({ isNewDevice: false });
    for (let index = 98; index < 198; index += 1)
      await mine.see({ deviceKey: `device ${index}`, network: `network ${index}` });
    expect(await mine.see({ deviceKey: 'first', network: 'first' })).toMatchObject({
      isNewDevice: true,
      isNewNetwork: true,
    });
    expect(await other.see({ deviceKey: 'first', network: 'first' })).toMatchObject({ isNewDevice: false });
  });
});
