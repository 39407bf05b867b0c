import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SessionsConfig } from '@app/config';
import { EventLog } from '@app/event-log';
import { Clock, RandomSource, ServerSecret, type SessionId, UnitOfWork, type UserId } from '@app/kernel';
import { RevocationBroadcast, type Session, SessionAuthority, SessionLimitReachedError } from '@app/sessions';
import { type User, UserRepository } from '@app/users';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { sessionsConfigToken } from '../auth.config.js';
import { SessionChoiceRequiredError, TicketInvalidError } from '../domain/auth.errors.js';
import { SingleUse } from '../domain/single-use.js';
import { SessionOpening, type SignInWish } from './session-opening.js';
import type { Replaced } from './token-issuer.js';

/** Seconds to choose in. */
const lifetime = 300;

const bodySchema = z.object({
  user: z.uuid(),
  gen: z.int(),
  profile: z.enum(['standard', 'strict', 'remember']),
  /** The id that the client brought; one that was made for it is made again. */
  device: z.string().nullable(),
  expires: z.number(),
  id: z.string(),
});

/** Who comes with the ticket. */
type Redeemer = Pick<SignInWish, 'client' | 'device'>;

/**
 * With SESSION_LIMIT_POLICY=ask, somebody who has proven the password and finds all places taken gets a ticket: which
 * of the sessions shall give way? It stands for the proof for five minutes and once, and dies with the generation.
 */
@Injectable()
export class SignInTickets {
  private readonly key: Buffer;

  constructor(
    private readonly sessions: SessionAuthority,
    private readonly opening: SessionOpening,
    private readonly users: UserRepository,
    private readonly spent: SingleUse,
    private readonly broadcast: RevocationBroadcast,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: RandomSource,
    @Inject(sessionsConfigToken) private readonly config: SessionsConfig,
    secret: ServerSecret,
  ) {
    this.key = secret.deriveKey('rollcall/sign-in-ticket/v1');
  }

  /** What to throw when the limit has been reached. */
  async insteadOf(error: SessionLimitReachedError, user: User, wish: SignInWish): Promise<Error> {
    if (this.config.limitPolicy !== 'ask') return error;
    const body = {
      user: user.id,
      gen: user.gen,
      profile: wish.profile,
      device: wish.device?.standing === 'kept' ? wish.device.id : null,
      expires: this.clock.now().getTime() + lifetime * 1_000,
      id: this.random.bytes(16).toString('base64url'),
    };
    const sessions = (await this.sessions.list(user.id)).filter(({ parentId }) => parentId === null);
    return new SessionChoiceRequiredError(error, {
      ticket: this.sealed(body),
      ticket_expires_in: lifetime,
      sessions: sessions.map(presentChoice),
    });
  }

  /**
   * Ends the chosen session and opens the new one, together; `device` is for a client that brought no id. Throws TicketInvalidError, SessionNotFoundError, or
   * SessionLimitReachedError if all places have been taken again.
   */
  async redeem(text: string, chosen: SessionId, { client, device }: Redeemer): Promise<Replaced> {
    const ticket = this.opened(text);
    const userId = ticket.user as UserId;
    const { signedIn, ended, transaction } = await this.work.run(async () => {
      const locked = await this.users.lock(userId);
      const isCurrent = locked !== null && !locked.user.disabledAt && locked.user.gen === ticket.gen;
      if (!isCurrent || !(await this.spent.spend({ id: ticket.id, expiresAt: new Date(ticket.expires) })))
        throw new TicketInvalidError();
      const marked = await this.sessions.mark(chosen, { userId }, 'terminated');
      const kept = ticket.device === null ? device : ({ id: ticket.device, standing: 'kept' } as const);
      const wish = { client, profile: ticket.profile, device: kept };
      return {
        signedIn: await this.opening.open(locked.user, wish),
        ended: marked.ended,
        transaction: await this.events.transaction(),
      };
    });
    const burial = { userId, sessions: ended, generation: null, tokens: [] };
    return { ...signedIn, propagation: await this.broadcast.settle({ transaction, burial }) };
  }

  private sealed(body: z.infer<typeof bodySchema>): string {
    const text = Buffer.from(JSON.stringify(body)).toString('base64url');
    return `${text}.${this.mac(text)}`;
  }

  private opened(ticket: string): z.infer<typeof bodySchema> {
    const [text = '', mac = ''] = ticket.split('.');
    const [expected, given] = [Buffer.from(this.mac(text)), Buffer.from(mac)];
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new TicketInvalidError();
    const body = bodySchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    if (body.expires <= this.clock.now().getTime()) throw new TicketInvalidError();
    return body;
  }

  private mac(text: string): string {
    return createHmac('sha256', this.key).update(text).digest('base64url');
  }
}

function presentChoice({ id, createdAt, lastAccessAt, client }: Session) {
  return {
    id,
    created_at: createdAt.toISOString(),
    last_access: lastAccessAt.toISOString(),
    ip_address: client.ipAddress,
    device: client.device,
  };
}
