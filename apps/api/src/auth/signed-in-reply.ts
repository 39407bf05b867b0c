import type { SignedIn } from '@app/auth';
import { type Credential, SessionCookies } from '@app/http';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { presentSignedIn } from './auth.presenter.js';

/** How tokens reach the client: in the body, as cookies, or both because it did not say. */
export type Transport = 'bearer' | 'cookie' | 'both';

/** Somebody who came by cookies gets cookies and no token that a script could read; somebody else gets a body. */
export function transportOf(credential: Pick<Credential, 'via'> | null): Transport {
  return credential?.via === 'cookie' ? 'cookie' : 'bearer';
}

@Injectable()
export class SignedInReply {
  constructor(private readonly cookies: SessionCookies) {}

  /** Sets header and cookies; returns the body. */
  write(reply: FastifyReply, signedIn: SignedIn, transport: Transport) {
    void reply.header('x-session-id', signedIn.session.id);
    if (transport !== 'bearer') this.cookies.set(reply, signedIn);
    return presentSignedIn(signedIn, { withTokens: transport !== 'cookie' });
  }
}
