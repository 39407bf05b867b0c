import { type Agent, get } from 'node:http';

export interface Sample {
  /** On the monotonic clock, when it was sent. */
  readonly at: number;
  /** Milliseconds. */
  readonly latency: number;
  /** 0 if no reply came. */
  readonly status: number;
}

/** What is asked, and with which connections. */
export interface Question {
  readonly baseUrl: string;
  readonly token: string;
  readonly agent: Agent;
  /** Requests a second. */
  readonly rate: number;
}

/** Checks sessions at a constant rate whatever the answers do; returns a function that stops and waits for the last. */
export function load(question: Question, samples: Sample[]): () => Promise<void> {
  const open = new Set<Promise<void>>();
  const batch = question.rate / 100;
  const timer = setInterval(() => {
    for (let index = 0; index < batch; index += 1) {
      const request = ask(question).then((sample) => void samples.push(sample));
      open.add(request);
      void request.then(() => open.delete(request));
    }
  }, 10);
  return async () => {
    clearInterval(timer);
    await Promise.all(open);
  };
}

function ask({ baseUrl, token, agent }: Question): Promise<Sample> {
  const at = performance.now();
  return new Promise((resolve) => {
    const done = (status: number): void => resolve({ at, latency: performance.now() - at, status });
    get(
      `${baseUrl}/api/v1/auth/session`,
      { agent, headers: { authorization: `Bearer ${token}` } },
      (reply) => {
        reply.resume().on('end', () => done(reply.statusCode ?? 0));
      },
    ).on('error', () => done(0));
  });
}

export function pass(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** A share of 0.5 is the median, of 1 the worst. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}
