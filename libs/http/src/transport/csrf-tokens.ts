import { createHmac, timingSafeEqual } from 'node:crypto';
import { ServerSecret, type SessionId } from '@app/kernel';
import { Injectable } from '@nestjs/common';

/**
 * Signed double submit (OWASP CSRF sheet): the token is a MAC over the session's id, so one that was planted, or
 * belongs to another session, is of no use.
 */
@Injectable()
export class CsrfTokens {
  private readonly key: Buffer;

  constructor(secret: ServerSecret) {
    this.key = secret.deriveKey('rollcall/csrf/v1');
  }

  of(sessionId: SessionId): string {
    return createHmac('sha256', this.key).update(sessionId).digest('base64url');
  }

  isGenuine(token: string, sessionId: SessionId): boolean {
    const [expected, given] = [Buffer.from(this.of(sessionId)), Buffer.from(token)];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
