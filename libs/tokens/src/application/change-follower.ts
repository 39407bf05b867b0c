import { patiently, Rounds, StoreUnavailableError } from '@app/kernel';
import { Log } from '@app/telemetry';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ChangeSource, type Fingerprints } from '../domain/change-source.js';
import { ClientDirectory } from './client-directory.js';
import { KeyRing } from './key-ring.js';
import { SigningKeyRotation } from './signing-key-rotation.js';

/** Milliseconds between looks when nobody hints. */
const interval = 1_000;

/** Milliseconds before a rotation that failed is tried again; the keys at hand serve on. */
const rotationPause = 60_000;

/**
 * Keeps this instance's keys and clients as they are stored: at once on NOTIFY, within a second without it. Also
 * sees when age asks for a rotation. While Postgres is away what is known stays in use.
 */
@Injectable()
export class ChangeFollower implements OnModuleInit, OnApplicationShutdown {
  private seen: Fingerprints = { keys: '', clients: '' };
  private readonly rounds = new Rounds(() => this.runOnce(), interval);
  private wasFailing = false;
  private pausedRounds = 0;

  constructor(
    private readonly source: ChangeSource,
    private readonly ring: KeyRing,
    private readonly clients: ClientDirectory,
    private readonly rotation: SigningKeyRotation,
    private readonly log: Log,
  ) {}

  /** An instance answers requests only with keys. Rejects with WrongSecretKeyError before it makes any. */
  async onModuleInit(): Promise<void> {
    this.source.onHint(() => this.rounds.hint());
    await patiently(async () => {
      await this.follow();
      await this.keepUp();
    });
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
    await this.source.close();
  }

  private async follow(): Promise<void> {
    const stored = await this.source.fingerprints();
    // What changes from here on changes the next fingerprint too, so nothing is missed.
    if (stored.keys !== this.seen.keys) await this.loadKeys();
    if (stored.clients !== this.seen.clients) await this.clients.load();
    this.seen = stored;
  }

  private async loadKeys(): Promise<void> {
    const before = this.ring.signingKid;
    await this.ring.load();
    const kid = this.ring.signingKid;
    if (kid !== null && kid !== before) this.log.info('keys.signing', { kid });
  }

  private async keepUp(): Promise<void> {
    if (!this.rotation.isDue(this.ring.known)) return;
    await this.rotation.keepUp();
    await this.follow();
  }

  private runOnce(): Promise<void> {
    return this.follow().then(
      () => this.tryToKeepUp(),
      (error: unknown) => this.report(error),
    );
  }

  private async tryToKeepUp(): Promise<void> {
    if (this.pausedRounds > 0) {
      this.pausedRounds -= 1;
      return;
    }
    try {
      await this.keepUp();
      this.report(null);
    } catch (error) {
      this.pausedRounds = rotationPause / interval;
      this.report(error);
    }
  }

  /** One line per change. That Postgres is away is the feed's to say. */
  private report(error: unknown): void {
    const isFailing = error !== null && !(error instanceof StoreUnavailableError);
    if (isFailing && !this.wasFailing) this.log.error('keys.not_followed', error);
    this.wasFailing = isFailing;
  }
}
