import { Rounds } from '@app/kernel';
import { Log } from '@app/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type AuthorityMode, AuthorityState } from './authority-state.js';
import { feedTiming } from './feed-timing.js';

/** Says in one line for each change who vouches for sessions now: what every other line about stores leads to. */
@Injectable()
export class ModeWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private mode: AuthorityMode = 'normal';
  private readonly rounds = new Rounds(() => this.look(), feedTiming.interval);

  constructor(
    private readonly authority: AuthorityState,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  async look(): Promise<void> {
    const { mode } = this.authority;
    if (mode === this.mode) return;
    const facts = { from: this.mode, to: mode };
    this.mode = mode;
    if (mode === 'normal') this.log.info('authority.changed', facts);
    else this.log.warn('authority.changed', facts);
  }
}
