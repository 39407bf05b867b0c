import type { Person } from '../../support/people.js';
import { HttpClient, type Reply, type Sending } from './http.js';

const base = '/api/v1';

/** Somebody signed in on one device, with what the device was given. */
export interface Device {
  readonly person: Person;
  readonly userId: string;
  readonly sessionId: string;
  readonly token: string;
  readonly refreshToken: string;
}

/** The API as its clients see it. `ask` takes any answer; the verbs below reject unless they succeed. */
export class ApiClient {
  constructor(readonly http: HttpClient) {}

  static at(baseUrl: string, options: { readonly keepAlive?: boolean } = {}): ApiClient {
    return new ApiClient(new HttpClient(baseUrl, options));
  }

  /** A path below the API's base. */
  ask(method: string, path: string, sending?: Sending): Promise<Reply> {
    return this.http.send(method, `${base}${path}`, sending);
  }

  /** The product's one question. */
  check(token: string): Promise<Reply> {
    return this.ask('GET', '/auth/session', { token });
  }

  trySignIn({ email, password }: Person): Promise<Reply> {
    return this.ask('POST', '/auth/signin', { body: { email, password } });
  }

  tryRegister(person: Person): Promise<Reply> {
    return this.ask('POST', '/auth/register', { body: person });
  }

  async register(person: Person): Promise<Device> {
    return toDevice(person, await this.tryRegister(person), 201);
  }

  async signIn(person: Person): Promise<Device> {
    return toDevice(person, await this.trySignIn(person), 200);
  }

  ready(): Promise<Reply> {
    return this.http.send('GET', '/ready');
  }

  health(): Promise<Reply> {
    return this.http.send('GET', '/health');
  }

  async keyIds(): Promise<string[]> {
    const { body } = await this.http.send('GET', '/.well-known/jwks.json');
    return (body.keys ?? []).map(({ kid }) => kid);
  }
}

export function toDevice(person: Person, reply: Reply, status: number): Device {
  const { data } = reply.body;
  if (reply.status !== status || !data) throw new Error(`answered ${reply.status}: ${reply.text}`);
  return {
    person,
    userId: data.user.id,
    sessionId: data.session.id,
    token: data.access_token,
    refreshToken: data.refresh_token,
  };
}
