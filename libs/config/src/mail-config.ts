import type { Environment } from './environment.schema.js';

/** How mail leaves; without SMTP_URL none does. */
export interface MailConfig {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (smtps). */
  readonly secure: boolean;
  /** Without it the connection stays plain where the server offers nothing else. */
  readonly requireTls: boolean;
  readonly user: string | null;
  readonly password: string | null;
  readonly from: { readonly name: string; readonly address: string };
}

/** RFC 8314 §3.3: 465 with TLS from the first byte, 587 else. */
export function mailConfig(env: Environment): MailConfig | null {
  if (!env.SMTP_URL || !env.MAIL_FROM) return null;
  const { protocol, hostname: host, port, username, password } = new URL(env.SMTP_URL);
  const secure = protocol === 'smtps:';
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (secure ? 465 : 587),
    secure,
    requireTls: env.SMTP_REQUIRE_TLS ?? env.NODE_ENV === 'production',
    user: decodeURIComponent(username) || null,
    password: decodeURIComponent(password) || null,
    from: env.MAIL_FROM,
  };
}
