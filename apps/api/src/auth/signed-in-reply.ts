import type { SignedIn } from '@app/auth';
import { type Credential, CrossSiteDefence, SessionCookies } from '@app/http';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { presentSignedIn } from './auth.presenter.js';

/** How tokens reach the client: in the body, as cookies, or both because it did not say. */
type Transport = 'bearer' | 'cookie' | 'both';

/** Where a new session will live. */
export interface Target {
  readonly transport: Transport;
  /** Of the app, by its own word, or of the browser, by its cookie. */
  readonly deviceId: string | null;
  /** What the browser shall keep as its id. */
  readonly deviceCookie: string | null;
}

/** Somebody who came by cookies gets cookies and no token that a script could read; somebody else gets a body. */
export function targetOf({ via }: Pick<Credential, 'via'>): Pick<Target, 'transport'> {
  return { transport: via === 'cookie' ? 'cookie' : 'bearer' };
}

@Injectable()
export class SignedInReply {
  constructor(
    private readonly cookies: SessionCookies,
    private readonly defence: CrossSiteDefence,
  ) {}

  /** A foreign page must not sign a browser in as somebody else (login CSRF): throws CsrfRejectedError. */
  targetFor(wish: { transport?: 'bearer' | 'cookie'; device_id?: string }, request: FastifyRequest): Target {
    const transport = wish.transport ?? 'both';
    const own = { deviceId: wish.device_id ?? null, deviceCookie: null };
    if (transport === 'bearer') return { transport, ...own };
    this.defence.assertOwnPage(request);
    if (own.deviceId) return { transport, ...own };
    const deviceId = this.cookies.deviceId(request);
    return { transport, deviceId, deviceCookie: deviceId };
  }

  /** Sets header and cookies; returns the body. */
  write(
    reply: FastifyReply,
    signedIn: SignedIn,
    { transport, deviceCookie = null }: Pick<Target, 'transport'> & Partial<Target>,
  ) {
    if (deviceCookie) this.cookies.keepDeviceId(reply, deviceCookie);
    void reply.header('x-session-id', signedIn.session.id);
    if (transport !== 'bearer') this.cookies.set(reply, signedIn);
    return presentSignedIn(signedIn, { withTokens: transport !== 'cookie' });
  }
}
