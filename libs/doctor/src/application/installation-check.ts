import { setTimeout as delay } from 'node:timers/promises';
import type { CleanupConfig, TokensConfig } from '@app/config';
import { LogReaders } from '@app/event-log';
import { Clock } from '@app/kernel';
import { InstanceOverview, type SeenInstance } from '@app/sessions';
import { SigningKeyRotation, WrongSecretKeyError } from '@app/tokens';
import { Injectable } from '@nestjs/common';
import { type Found, some } from '../domain/found.js';
import { InstallationExam } from '../domain/installation-exam.js';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** An instance publishes four times a second. */
const silenceMs = 1_500;
const maxReaderLagMs = 10 * minuteMs;
const stuckAfterMs = 10 * minuteMs;
/** Due, with the pauses after refusals. */
const mailAfterMs = 60 * minuteMs;
const leewayDays = 2;

/** Below so many people a share of one address tells nothing, such as in an office. */
const crowdOf = 20;
const crowdShare = 0.9;

export interface Expectations {
  readonly cleanup: CleanupConfig;
  readonly tokens: TokensConfig;
  readonly trustProxy: number | readonly string[];
}

/** Whether keys, instances, readers and jobs do what they should. */
@Injectable()
export class InstallationCheck {
  constructor(
    private readonly installation: InstallationExam,
    private readonly keys: SigningKeyRotation,
    private readonly readers: LogReaders,
    private readonly instances: InstanceOverview,
    private readonly clock: Clock,
  ) {}

  /** Rejects with StoreUnavailableError. */
  async run(expected: Expectations): Promise<Found[]> {
    return [
      ...(await this.signingKeys(expected.tokens)),
      ...(await this.lagging()),
      ...(await this.sleepers()),
      ...(await this.jobs(expected.cleanup)),
      ...(await this.crowd(expected.trustProxy)),
    ];
  }

  private async signingKeys({ keyRotationSeconds }: TokensConfig): Promise<Found[]> {
    const keys = await this.keys.list();
    const signing = keys.find(({ state }) => state === 'signing');
    if (!signing) return [['keys.none', 'nothing is published']];
    const ageMs = this.clock.now().getTime() - signing.signsFrom!.getTime();
    const isOld = ageMs > keyRotationSeconds * 1_000 + leewayDays * dayMs;
    const isOpen = await this.keys.proveSecret().then(
      () => true,
      (error: unknown) => {
        if (error instanceof WrongSecretKeyError) return false;
        throw error;
      },
    );
    return [
      ...(isOpen ? [] : [['keys.other_secret', signing.kid] as const]),
      ...(isOld ? [['keys.old', `${signing.kid} signs for ${Math.floor(ageMs / dayMs)} days`] as const] : []),
      ...(keys.some(({ state }) => state === 'next') ? [] : [['keys.no_successor', signing.kid] as const]),
    ];
  }

  private async lagging(): Promise<Found[]> {
    const before = this.clock.now().getTime() - maxReaderLagMs;
    const readers = await this.readers.status();
    const late = readers.filter(
      ({ oldestUnread }) => oldestUnread !== null && oldestUnread.getTime() < before,
    );
    return some(
      'readers.lagging',
      late.map(({ name, oldestUnread }) => `${name} since ${oldestUnread!.toISOString()}`),
    );
  }

  private async sleepers(): Promise<Found[]> {
    await this.instances.list();
    await delay(silenceMs);
    const seen = await this.instances.list();
    return [
      ...some('instances.silent', namesOf(seen.filter(({ silentMs }) => silentMs >= silenceMs - 100))),
      ...some('instances.fenced', namesOf(seen.filter(({ isFenced }) => isFenced))),
    ];
  }

  private async jobs({ historyDays }: CleanupConfig): Promise<Found[]> {
    const ago = (milliseconds: number): Date => new Date(this.clock.now().getTime() - milliseconds);
    const orders = await this.installation.stuckBulkEnds(ago(stuckAfterMs));
    const mail = await this.installation.mailDue(ago(mailAfterMs));
    const sessions = await this.installation.forgettable(ago((historyDays + leewayDays) * dayMs));
    return [
      ...some('jobs.bulk_end_stuck', orders),
      ...(mail > 0 ? [['jobs.mail_stuck', `${mail} mails`] as const] : []),
      ...(sessions > 0 ? [['jobs.cleanup_behind', `${sessions} sessions`] as const] : []),
    ];
  }

  private async crowd(trustProxy: Expectations['trustProxy']): Promise<Found[]> {
    if (trustProxy !== 0) return [];
    const { people, share } = await this.installation.crowd(new Date(this.clock.now().getTime() - dayMs));
    if (people < crowdOf || share < crowdShare) return [];
    return [['config.one_address', `${Math.round(share * 100)} % of the sessions of ${people} people`]];
  }
}

function namesOf(instances: readonly SeenInstance[]): string[] {
  return instances.map(({ name }) => name);
}
