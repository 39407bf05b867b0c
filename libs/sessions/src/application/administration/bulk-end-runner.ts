import { EventLog } from '@app/event-log';
import { atMost, Clock, RandomSource, Rounds, UnitOfWork, uuidV7 } from '@app/kernel';
import { Log } from '@app/telemetry';
import { type BeforeApplicationShutdown, Injectable, type OnModuleDestroy } from '@nestjs/common';
import {
  type BulkEnd,
  BulkEndRepository,
  type EndedOfUser,
  type UnprovenBatch,
} from '../../domain/bulk-end.js';
import { SessionDirectory } from '../../domain/session-directory.js';
import { SessionTermination } from './session-termination.js';

/** Sessions of one transaction, which holds their rows for some 50 ms. */
const batchSize = 500;

/** Milliseconds between two looks for orders that another instance has left behind. */
const intervalMs = 5_000;

/** Milliseconds that a batch under way has when the process ends. */
const partingMs = 2_000;

/** Milliseconds after which a batch that is still unproven is nobody's who works on it now. */
const abandonedMs = 5_000;

/** A batch that has been ended in one transaction. */
interface Step {
  readonly order: BulkEnd;
  readonly batch: UnprovenBatch | null;
  readonly transaction: number;
}

/**
 * Carries bulk ends out, batch by batch. Each batch ends its sessions, writes their events and moves the order's place in
 * one transaction, so a crash loses or repeats nothing; what a batch has ended stays noted until it is proven to hold on
 * every instance. Instances take turns by a lock in Postgres.
 *
 * Started in every process that answers requests, whether it does other jobs or not, because only who can wait for all
 * instances can prove an end; a command carries its own order out in the same way.
 */
@Injectable()
export class BulkEndRunner implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly rounds = new Rounds(() => this.run(), intervalMs);
  private stopped = false;
  private parting: Promise<void> | null = null;
  private wasWorking = true;

  constructor(
    private readonly directory: SessionDirectory,
    private readonly orders: BulkEndRepository,
    private readonly termination: SessionTermination,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: RandomSource,
    private readonly log: Log,
  ) {}

  /** Looks for orders from now on. */
  start(): void {
    this.rounds.start();
  }

  /** The batch under way is committed or not; what is committed and unproven, another instance proves. */
  onModuleDestroy(): void {
    this.stopped = true;
    this.parting = atMost(partingMs, this.rounds.stop());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.parting;
  }

  /** There is an order. */
  hint(): void {
    this.rounds.hint();
  }

  /** Carries out what there is, unless another instance is at it. Never rejects: the next time goes on. */
  async run(): Promise<void> {
    let current: BulkEnd | null = null;
    try {
      // Asked outside a transaction: nearly always there is nothing to do.
      current = await this.orders.findRunning();
      if (current) {
        for (let step = await this.step(); step && !this.stopped; step = await this.step()) {
          current = step.order;
          if (step.batch) await this.prove(step.batch, step.transaction);
        }
      }
      await this.proveAbandoned();
      this.wasWorking = true;
    } catch (error) {
      // One line per outage: without Postgres every round fails.
      if (this.wasWorking) this.log.warn('bulk_end.interrupted', { reason: (error as Error).message });
      this.wasWorking = false;
      await this.noteFailure(current);
    }
  }

  /** Null if there is nothing to do, or another instance is at it. */
  private step(): Promise<Step | null> {
    return this.work.run(async () => {
      if (!(await this.work.claim('bulk-end'))) return null;
      const order = await this.orders.findRunning();
      if (!order) return null;
      const batch = await this.endSome(order);
      return { order, batch, transaction: await this.events.transaction() };
    });
  }

  private async endSome(order: BulkEnd): Promise<UnprovenBatch | null> {
    const now = this.clock.now();
    const { filter, keep, place, createdAt, act } = order;
    const walk = { now, until: createdAt, keep, after: place };
    const { sessions, next } = await this.directory.takeLive(filter, walk, batchSize);
    const meant = new Set(sessions.map(({ id }) => id));
    const ended = meant.size > 0 ? await this.termination.mark([...meant], act, order.id) : [];
    const isMine = ({ id, end }: EndedOfUser): boolean => meant.has(id) && end.reason === 'admin';
    const progress = { ended: ended.filter(isMine).length, place: next, finishedAt: next ? null : now };
    await this.orders.advance(order.id, progress);
    if (!next) this.work.afterCommit(() => this.log.info('bulk_end.done', { id: order.id }));
    if (ended.length === 0) return null;
    const batch = { id: uuidV7(now, this.random), bulkEndId: order.id, sessions: ended };
    await this.orders.addUnproven(batch, now);
    return batch;
  }

  private async prove(batch: UnprovenBatch, transaction: number): Promise<boolean> {
    if ((await this.termination.settle(transaction, batch.sessions)) === 'pending') return false;
    await this.orders.removeUnproven(batch.id);
    return true;
  }

  /** Of instances that died after the commit, and what could not be proven then. */
  private async proveAbandoned(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - abandonedMs);
    for (let isProven = true; isProven && !this.stopped;) {
      const batch = await this.orders.findUnproven(before);
      if (!batch) return;
      const transaction = await this.work.run(() => this.events.transaction());
      isProven = await this.prove(batch, transaction);
    }
  }

  private async noteFailure(order: BulkEnd | null): Promise<void> {
    // Without the store nothing can be noted, and the next round goes on all the same.
    if (order) await this.orders.noteFailure(order.id).catch(() => undefined);
  }
}
