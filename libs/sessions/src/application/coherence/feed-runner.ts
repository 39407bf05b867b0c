import { setTimeout as delay } from 'node:timers/promises';
import { LogSource } from '@app/event-log';
import { patiently, Rounds } from '@app/kernel';
import { Log } from '@app/telemetry';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InstanceRegistry } from '../../domain/coherence/instance-registry.js';
import { type InstanceConfig, instanceToken } from '../../sessions.config.js';
import { feedTiming } from './feed-timing.js';
import { HeartbeatObserver } from './heartbeat-observer.js';
import { NamesakeWatch } from './namesake-watch.js';
import { RevocationBroadcast } from './revocation-broadcast.js';
import { RevocationFeed } from './revocation-feed.js';

/** Looks at somebody else's row before it is taken for that of a dead predecessor; a living one moves it meanwhile. */
const nameLooks = { count: 8, everyMs: 50 };

/** Another running instance has the name of this one. */
export class InstanceNameTakenError extends Error {
  constructor(name: string) {
    super(`another running instance is called "${name}"; stop it, or give each a different INSTANCE_ID`);
  }
}

/** Runs the feed's rounds: every 250 ms, and at once when something is probably new. */
@Injectable()
export class FeedRunner implements OnModuleInit, OnApplicationShutdown {
  private readonly rounds = new Rounds(() => this.runOnce(), feedTiming.interval);

  constructor(
    private readonly feed: RevocationFeed,
    private readonly broadcast: RevocationBroadcast,
    private readonly source: LogSource,
    private readonly registry: InstanceRegistry,
    private readonly observer: HeartbeatObserver,
    private readonly namesakes: NamesakeWatch,
    private readonly log: Log,
    @Inject(instanceToken) private readonly self: InstanceConfig,
  ) {}

  /** An instance answers requests only after its first round, and only if no other one has its name. */
  async onModuleInit(): Promise<void> {
    await patiently(() => this.feed.begin());
    this.source.onHint(() => this.rounds.hint());
    while (await this.round());
    await this.claimName();
    this.rounds.start();
  }

  /** After the last request has been answered nobody needs to wait for this instance. */
  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
    // Without Postgres the row stays; others find it silent and, after an hour, remove it.
    await this.feed.end().catch(() => undefined);
    await Promise.all([this.source.close(), this.registry.close()]);
  }

  private async claimName(): Promise<void> {
    for (let look = 0; look < nameLooks.count && this.namesakes.hasAny; look += 1) {
      await delay(nameLooks.everyMs);
      await this.round();
      if (!this.namesakes.isTaken) continue;
      await this.feed.end();
      throw new InstanceNameTakenError(this.self.name);
    }
    this.namesakes.claim();
  }

  private async round(): Promise<boolean> {
    const again = await this.feed.round();
    this.namesakes.observe(this.observer.heartbeats);
    return again;
  }

  private async runOnce(): Promise<boolean> {
    const again = await this.round();
    await this.broadcast.catchUp();
    if (this.namesakes.isReplaced) this.giveWay();
    return again;
  }

  /**
   * Ends this process in good order and with an error. Its knowledge ages from here on, so a second later it vouches
   * for nobody by the cache; its row goes with it.
   */
  private giveWay(): void {
    void this.rounds.stop();
    this.log.error('instance.replaced', new InstanceNameTakenError(this.self.name));
    process.exitCode = 1;
    process.kill(process.pid, 'SIGTERM');
  }
}
