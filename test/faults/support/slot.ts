import { setTimeout as pause } from 'node:timers/promises';
import { ApiInstance, freePort } from '@app/testing';
import { ApiClient } from './api-client.js';
import { expectNothingUnhandled } from './instance.js';
import { own } from './own.js';

/** Milliseconds. */
const longestBoot = 1_600;
/** A revocation takes a second when it has to wait for one who has just died, and must have a chance. */
const longestLife = 1_800;

/** Of all deaths, those that come before the instance is known to be up. */
const shareOfStillbirths = 0.3;

/** Starts that may fail in a row: the first statement has 0.4 s, which a busy machine may need for itself. */
const patience = 5;

/** A place in the fleet, where one instance lives after the other under one name and port. */
export class Slot {
  readonly api: ApiClient;
  isUp = false;
  private instance: ApiInstance | null = null;

  private constructor(
    private readonly env: Readonly<Record<string, string>>,
    private readonly port: number,
    private readonly random: () => number,
  ) {
    this.api = ApiClient.at(`http://127.0.0.1:${port}`);
  }

  /** Empty after the test file at the latest. `random` gives numbers in [0, 1). */
  static async open(env: Readonly<Record<string, string>>, random: () => number): Promise<Slot> {
    const slot = new Slot(env, await freePort(), random);
    own(() => slot.kill());
    return slot;
  }

  /** Starts an instance and kills it, at any moment of its boot or of its work. Resolves with which it was. */
  async liveAndDie(): Promise<'boot' | 'work'> {
    if (this.random() < shareOfStillbirths) {
      this.instance = await ApiInstance.launch({ env: this.env, port: this.port });
      await pause(this.random() * longestBoot);
      await this.kill();
      return 'boot';
    }
    await this.live();
    await pause(this.random() * longestLife);
    await this.kill();
    return 'work';
  }

  /** Resolves when an instance is up. */
  async live(): Promise<void> {
    for (let attempt = 1; !this.isUp; attempt += 1) {
      try {
        this.instance = await ApiInstance.start({ env: this.env, port: this.port });
        this.isUp = true;
      } catch (error) {
        if (attempt === patience) throw error;
      }
    }
  }

  private async kill(): Promise<void> {
    const { instance } = this;
    if (!instance) return;
    this.instance = null;
    const dead = instance.kill9();
    this.isUp = false;
    await dead;
    expectNothingUnhandled(instance.output);
  }
}
