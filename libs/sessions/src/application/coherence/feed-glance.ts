import { LogSource } from '@app/event-log';
import { patiently } from '@app/kernel';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InstanceRegistry } from '../../domain/coherence/instance-registry.js';
import { RevocationFeed } from './revocation-feed.js';

/**
 * What a command needs of the feed: to know which database it changes. It enters no registry, so nobody waits for it,
 * and it may wait for all others as an instance does.
 */
@Injectable()
export class FeedGlance implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly feed: RevocationFeed,
    private readonly source: LogSource,
    private readonly registry: InstanceRegistry,
  ) {}

  onModuleInit(): Promise<void> {
    return patiently(() => this.feed.look());
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.source.close(), this.registry.close()]);
  }
}
