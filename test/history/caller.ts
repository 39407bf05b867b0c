import type { Answer, Call } from './api-client.js';
import type { Cluster } from './cluster.js';
import type { Kind, Operation, Recorder } from './recorder.js';

export interface Account {
  readonly id: string;
  readonly email: string;
}

export interface Signed {
  readonly session: string;
  readonly token: string;
  readonly user: Account;
}

const registrations = 5;

export const password = 'seven plain words make a phrase';

/** The calls that the checks understand, each written down with its times. */
export class Caller {
  constructor(
    private readonly cluster: Cluster,
    private readonly recorder: Recorder,
    private readonly onSigned: (signed: Signed) => void = () => undefined,
  ) {}

  /** Tries a few times: on a busy machine even a whole server sometimes does not answer in time. */
  async register(instance: number, email: string): Promise<Signed> {
    const path = '/api/v1/auth/register';
    for (let attempt = 1; ; attempt += 1) {
      const account = { op: 'sign-in', path, email: `${attempt}-${email}`, id: null } as const;
      const { signed, answer } = await this.open(instance, 'setup', account);
      if (signed) return signed;
      if (attempt === registrations) throw new Error(`cannot register: ${JSON.stringify(answer)}`);
    }
  }

  async signIn(instance: number, proc: string, user: Account): Promise<Signed | null> {
    const path = '/api/v1/auth/signin';
    const { signed } = await this.open(instance, proc, {
      op: 'sign-in',
      path,
      email: user.email,
      id: user.id,
    });
    return signed;
  }

  validate(instance: number, proc: string, of: Signed): Promise<Operation> {
    return this.use(instance, proc, of, { op: 'validate', method: 'GET', path: '/api/v1/auth/session' });
  }

  signOut(instance: number, proc: string, of: Signed): Promise<Operation> {
    return this.use(instance, proc, of, { op: 'sign-out', method: 'POST', path: '/api/v1/auth/signout' });
  }

  signOutEverywhere(instance: number, proc: string, by: Signed): Promise<Operation> {
    return this.use(instance, proc, by, {
      op: 'sign-out-all',
      method: 'POST',
      path: '/api/v1/auth/logout-all',
    });
  }

  endOne(instance: number, proc: string, by: Signed, victim: string): Promise<Operation> {
    const path = `/api/v1/sessions/${victim}`;
    return this.use(instance, proc, by, { op: 'end-one', method: 'DELETE', path, victim });
  }

  endOthers(instance: number, proc: string, by: Signed): Promise<Operation> {
    return this.use(instance, proc, by, { op: 'end-others', method: 'DELETE', path: '/api/v1/sessions' });
  }

  private async use(
    index: number,
    proc: string,
    by: Signed,
    call: Pick<Call, 'method' | 'path'> & { op: Kind; victim?: string },
  ): Promise<Operation> {
    const { client, run } = this.cluster.member(index);
    const start = this.recorder.now();
    const answer = await client.call({ method: call.method, path: call.path, token: by.token });
    return this.recorder.add({
      proc,
      instance: index,
      run,
      op: call.op,
      session: by.session,
      target: call.victim ?? by.session,
      user: by.user.id,
      start,
      end: this.recorder.now(),
      ...told(answer),
    });
  }

  private async open(
    index: number,
    proc: string,
    of: { op: Kind; path: string; email: string; id: string | null },
  ): Promise<{ signed: Signed | null; answer: Answer }> {
    const { client, run } = this.cluster.member(index);
    const body = { email: of.email, password };
    const start = this.recorder.now();
    const answer = await client.call({ method: 'POST', path: of.path, body });
    const end = this.recorder.now();
    const data = answer.body as { user?: { id: string }; session?: { id: string }; access_token?: string };
    const user = of.id ?? data.user?.id ?? of.email;
    const session = data.session?.id ?? null;
    this.recorder.add({
      proc,
      instance: index,
      run,
      op: of.op,
      session,
      target: session,
      user,
      start,
      end,
      ...told(answer),
    });
    if (session === null || data.access_token === undefined) return { answer, signed: null };
    const signed = { session, token: data.access_token, user: { id: user, email: of.email } };
    this.onSigned(signed);
    return { answer, signed };
  }
}

function told({ status, mode, body }: Answer): Pick<Operation, 'status' | 'mode' | 'code'> {
  const code = body.code ?? body.propagation;
  return { status, mode, code: typeof code === 'string' ? code : null };
}
