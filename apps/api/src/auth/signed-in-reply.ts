import type { DeviceClaim, SignedIn } from '@app/auth';
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
  readonly device: DeviceClaim | null;
  /** Whether the browser shall keep the id of the device as a cookie. */
  readonly setsDeviceCookie: boolean;
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
    const told = wish.device_id === undefined ? null : ({ id: wish.device_id, standing: 'kept' } as const);
    if (transport !== 'bearer') this.defence.assertOwnPage(request);
    if (told || transport === 'bearer') return { transport, device: told, setsDeviceCookie: false };
    const kept = this.cookies.deviceId(request);
    if (kept) return { transport, device: { id: kept, standing: 'kept' }, setsDeviceCookie: true };
    const standing = transport === 'cookie' || isBrowser(request) ? 'issued' : 'offered';
    return { transport, device: { id: this.cookies.newDeviceId(), standing }, setsDeviceCookie: true };
  }

  /** Sets header and cookies; returns the body. */
  write(
    reply: FastifyReply,
    signedIn: SignedIn,
    { transport, device, setsDeviceCookie }: Pick<Target, 'transport'> & Partial<Target>,
  ) {
    if (device && setsDeviceCookie) this.cookies.keepDeviceId(reply, device.id);
    void reply.header('x-session-id', signedIn.session.id);
    if (transport !== 'bearer') this.cookies.set(reply, signedIn);
    return presentSignedIn(signedIn, { withTokens: transport !== 'cookie' });
  }
}

/** All current browsers send at least one of them with a POST; programs send neither of themselves. */
function isBrowser({ headers }: FastifyRequest): boolean {
  return headers['sec-fetch-site'] !== undefined || headers.origin !== undefined;
}
