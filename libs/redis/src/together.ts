import type { RedisConnection } from './redis-connection.js';

/** Questions in one command. More, and the server would have nothing to do while the next one is being written. */
const maxTogether = 16;

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Questions that are put in one turn of the event loop, by whomever, are answered by one command: most of what one costs
 * both sides is the command around it. None joins a command that has left, so none is answered from before it was put
 * (ADR 2). In a cluster each goes alone, since a command may touch one slot only. In traces the command belongs to
 * the first who asked.
 */
export class Together<Question, Answer> {
  private waiting: Waiting<Question, Answer>[] = [];

  /** `answer` gives one answer per question, in order, or rejects for all of them. */
  constructor(
    private readonly redis: RedisConnection,
    private readonly answer: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  ) {}

  /** Rejects like `answer`. */
  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.waiting.push({ question, resolve, reject }) === 1) process.nextTick(() => this.send());
    });
  }

  private send(): void {
    const all = this.waiting;
    this.waiting = [];
    const size = this.redis.isCluster ? 1 : maxTogether;
    for (let start = 0; start < all.length; start += size) void this.settle(all.slice(start, start + size));
  }

  private async settle(some: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.answer(some.map(({ question }) => question));
      for (let index = 0; index < some.length; index += 1) some[index]!.resolve(answers[index]!);
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}
