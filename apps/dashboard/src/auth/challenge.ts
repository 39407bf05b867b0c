/** Milliseconds after which a challenge is out of date anyway. */
const patienceMs = 110_000;

/** Answers a proof-of-work challenge in a thread of its own, as the field `altcha` wants it. */
export async function answerChallenge(challenge: unknown): Promise<string> {
  const worker = new Worker(new URL('./solver.ts', import.meta.url), { type: 'module' });
  try {
    const solution = await new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the challenge takes too long')), patienceMs);
      worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        clearTimeout(timer);
        resolve(data);
      });
      worker.addEventListener('error', () => reject(new Error('the challenge could not be solved')));
      worker.postMessage(challenge, []);
    });
    return btoa(JSON.stringify({ challenge, solution }));
  } finally {
    worker.terminate();
  }
}
