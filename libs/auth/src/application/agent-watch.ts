import type { AgentBinding } from '@app/config';
import { EventLog } from '@app/event-log';
import { Clock } from '@app/kernel';
import { type ClientFacts, SessionAuthority } from '@app/sessions';
import { Log } from '@app/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { agentBindingToken } from '../auth.config.js';
import { SessionEndedError } from '../domain/auth.errors.js';
import type { Principal } from '../domain/principal.js';
import { agentDigest } from './agent.js';

/** Changes told already; beyond it the oldest may be told again. */
const maxRemembered = 10_000;

/** Notices when a session goes on in another browser or system than it was opened in: stolen, or synchronised. */
@Injectable()
export class AgentWatch {
  private readonly told = new Set<string>();

  constructor(
    private readonly sessions: SessionAuthority,
    private readonly events: EventLog,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(agentBindingToken) private readonly binding: AgentBinding,
  ) {}

  /** Costs two map look-ups unless there is a change. Throws SessionEndedError if the policy is to end the session. */
  look(principal: Principal, clientOf: () => ClientFacts): Promise<void> | undefined {
    const { agent } = principal.session;
    if (agent === null) return undefined;
    const client = clientOf();
    const now = agentDigest(client.device);
    if (now === agent) return undefined;
    this.tell(principal, client, now);
    return this.binding === 'end' ? this.end(principal) : undefined;
  }

  private async end(principal: Principal): Promise<never> {
    const end = await this.sessions.end(principal.session.id, { userId: principal.user.id }, 'terminated');
    throw new SessionEndedError(end);
  }

  /** Once per session and change; nobody waits for it. */
  private tell({ user, session }: Principal, client: ClientFacts, agent: string): void {
    const change = `${session.id}${agent}`;
    if (this.told.has(change)) return;
    if (this.told.size >= maxRemembered) this.told.delete(this.told.values().next().value ?? '');
    this.told.add(change);
    const payload = { ip_address: client.ipAddress, device: client.device };
    const about = { userId: user.id, sessionId: session.id, at: this.clock.now() };
    this.events.append([{ type: 'session.agent_changed', payload, ...about }]).catch((error: Error) => {
      this.told.delete(change);
      this.log.warn('session.agent_change_not_recorded', { session_id: session.id, reason: error.message });
    });
  }
}
