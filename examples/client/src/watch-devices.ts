import {
  createRollcallClient,
  MemoryTokenStore,
  RollcallError,
  type RollcallClientOptions,
  SessionOverError,
} from '@rollcall/client';

export interface Watching {
  readonly baseUrl: string;
  readonly email: string;
  readonly password: string;
  readonly say: (line: string) => void;
  /** Resolves when it is time to look again; rejects when nobody watches any more. */
  readonly pause: (seconds: number) => Promise<void>;
  readonly client?: Partial<RollcallClientOptions>;
}

/** Signs in and tells of the devices of the account, for as long as the session lives, whatever the network does. */
export async function watchDevices({
  baseUrl,
  email,
  password,
  say,
  pause,
  client,
}: Watching): Promise<void> {
  const rollcall = createRollcallClient({ baseUrl, tokens: new MemoryTokenStore(), ...client });
  const { user } = await rollcall.signIn({ email, password });
  say(`signed in as ${user.email}`);
  for (;;) {
    try {
      const { data } = await rollcall.GET('/api/v1/sessions');
      say(
        `${data.count} devices: ${data.sessions.map(({ device }) => device.browser ?? 'unknown').join(', ')}`,
      );
      await pause(5);
    } catch (error) {
      if (error instanceof SessionOverError) {
        say(`the session is over: ${error.endReason ?? error.code}`);
        return;
      }
      if (!(error instanceof RollcallError) || (error.status > 0 && error.status < 429)) throw error;
      say(`could not be checked (${error.code}), still signed in`);
      await pause(error.retryAfterSeconds ?? 5);
    }
  }
}
