import { type Challenge, solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';

/** What the ALTCHA widget sends for a challenge. */
export async function solve(challenge: Challenge): Promise<string> {
  const solution = await solveChallenge({ challenge, deriveKey, timeout: 60_000 });
  if (!solution) throw new Error('not solved within a minute');
  return answerOf({ challenge, solution });
}

export function answerOf(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString('base64');
}
