import type pg from 'pg';

type Reply = Record<string, unknown>;

export const person = { email: 'root@example.com', password: 'seven plain words make a phrase' };

/** Somebody who administers an installation over HTTP. */
export class Administrator {
  private constructor(
    private readonly baseUrl: string,
    readonly token: string,
  ) {}

  /** Signed in since; `database` is behind the product's back. */
  static async at(baseUrl: string, database: pg.Client): Promise<Administrator> {
    const post = async (path: string): Promise<Record<string, string>> => {
      const reply = await fetch(`${baseUrl}/api/v1/auth/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(person),
      });
      return ((await reply.json()) as { data: Record<string, string> }).data;
    };
    await post('register');
    await database.query(`update users set role = 'admin' where email = $1`, [person.email]);
    return new Administrator(baseUrl, (await post('signin')).access_token!);
  }

  /** The data of the reply. Rejects unless it is one of success. */
  async ask(method: string, path: string, body?: object): Promise<Reply> {
    const reply = await fetch(`${this.baseUrl}/api/v1/admin/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${text}`);
    return (JSON.parse(text) as { data: Reply }).data;
  }
}
