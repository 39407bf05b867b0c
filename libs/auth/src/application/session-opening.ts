import { EventLog, UserEventReader } from '@app/event-log';
import { Clock, siteOf, UnitOfWork } from '@app/kernel';
import {
  type ClientFacts,
  DeviceKeys,
  DeviceRegistry,
  type Session,
  SessionAuthority,
  type SessionProfile,
  type SessionScope,
  type Sighting,
} from '@app/sessions';
import { Log } from '@app/telemetry';
import { type User, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { type SignedIn, TokenIssuer } from './token-issuer.js';

/** What a person may choose; administrators have a profile of their own whatever they choose. */
export type WishedProfile = Exclude<SessionProfile, 'admin'>;

/** The random id that a browser or app keeps for itself; its session before gives way. */
export interface DeviceClaim {
  readonly id: string;
  /** `kept`: the client brought it. `issued`: made now for a browser. `offered`: for a client that may keep no cookies. */
  readonly standing: 'kept' | 'issued' | 'offered';
}

/** Who asks for a session, and for which. */
export interface SignInWish {
  readonly client: ClientFacts;
  readonly profile: WishedProfile;
  readonly device?: DeviceClaim | null;
  /** Answer to a challenge, where one was asked for. */
  readonly proof?: string | null;
}

/** A success after so many failures within the time is told to the owner. */
const suspicion = { failures: 5, withinMs: 60 * 60_000 };

/** Opens a session for somebody who has proven who they are, and notes what is unusual about it. */
@Injectable()
export class SessionOpening {
  constructor(
    private readonly sessions: SessionAuthority,
    private readonly devices: DeviceRegistry,
    private readonly keys: DeviceKeys,
    private readonly users: UserRepository,
    private readonly tokens: TokenIssuer,
    private readonly events: EventLog,
    private readonly history: UserEventReader,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Within the caller's unit of work, which must hold the user's row lock. Throws SessionLimitReachedError. */
  async open(user: User, { client, profile, device = null }: SignInWish): Promise<SignedIn> {
    const deviceKey = device && this.keys.ofId(user.id, device.id);
    const session = await this.sessions.issue(user, {
      client,
      profile: profileFor(user, profile),
      deviceKey,
      scope: scopeFor(user),
    });
    // Programs that keep no cookies get another id each time; what they are is all that tells whether they are known.
    await this.noteUnusual(session, user, device?.standing === 'offered' ? 'kind' : 'id');
    await this.users.recordLogin(user.id, this.clock.now());
    this.work.afterCommit(() => {
      this.log.info('signin.succeeded', { method: 'pwd', user_id: user.id, address: client.ipAddress });
    });
    return this.tokens.issue(user, session);
  }

  private async noteUnusual(
    { id, userId, client, deviceKey, createdAt: at }: Session,
    user: User,
    recogniseBy: Sighting['recogniseBy'],
  ): Promise<void> {
    const { isFirst, isNewDevice, isNewNetwork } = await this.devices.see({
      userId,
      deviceKey,
      kindKey: this.keys.ofKind(userId, client.device),
      recogniseBy,
      device: client.device,
      network: siteOf(client.ipAddress),
      at,
    });
    const since = new Date(Math.max(at.getTime() - suspicion.withinMs, user.lastLoginAt?.getTime() ?? 0));
    const failures = await this.history.count(userId, { type: 'signin.failed', since });
    const payload = { ip_address: client.ipAddress, device: client.device };
    const about = { userId, sessionId: id, at } as const;
    await this.events.append([
      ...(isNewDevice && !isFirst ? [{ ...about, type: 'signin.new_device' as const, payload }] : []),
      ...(isNewNetwork && !isFirst ? [{ ...about, type: 'signin.new_network' as const, payload }] : []),
      ...(failures >= suspicion.failures
        ? [{ ...about, type: 'signin.after_failures' as const, payload: { ...payload, failures } }]
        : []),
    ]);
  }
}

/** An administrator's session is short whatever was asked for. */
export function profileFor({ role }: Pick<User, 'role'>, wished: SessionProfile): SessionProfile {
  if (role === 'admin') return 'admin';
  // Somebody who was an administrator when the session began.
  return wished === 'admin' ? 'standard' : wished;
}

/** What a session may do is fixed when it is opened, so no request has to ask. */
export function scopeFor({ passwordChangeRequiredAt }: Pick<User, 'passwordChangeRequiredAt'>): SessionScope {
  return passwordChangeRequiredAt ? 'password' : 'full';
}
