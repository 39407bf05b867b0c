import { inWords } from './support/client.js';
import { Fleet, type Member, pause } from './support/fleet.js';

describe('an instance that was replaced while nobody heard of it', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start({ size: 1 });
  }, 60_000);
  afterEach(() => fleet.heal());
  afterAll(() => fleet.stop());

  it.each([
    ['frozen', (old: Member) => old.process.freeze(), async (old: Member) => old.process.thaw()],
    [
      'cut from Postgres',
      (old: Member) => old.toPostgres.set({ kind: 'hold' }),
      (old: Member) => old.toPostgres.set({ kind: 'pass' }),
    ],
  ])(
    'because it was %s ends with an error when it is back, and its successor stays',
    async (_, silence, restore) => {
      const device = await fleet.warmDevice();
      const old = await fleet.join({ INSTANCE_ID: 'slot' });
      await silence(old);
      await pause(300);
      const young = await fleet.join({ INSTANCE_ID: 'slot' });
      await restore(old);
      const { code } = await old.process.exited;
      expect(code).toBe(1);
      expect(old.process.output).toContain('"event":"instance.replaced"');
      expect(old.process.output).toContain('another running instance is called');
      expect(inWords(await young.api.check(device.token))).toBe('200');
      const names = await fleet.sql<{ name: string }>('select name from instances order by name');
      expect(names).toEqual([{ name: 'member-0' }, { name: 'slot' }]);
      expect(young.process.isRunning).toBe(true);
      await young.process.stop();
    },
    40_000,
  );
});
