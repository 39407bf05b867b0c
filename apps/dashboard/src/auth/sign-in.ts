import { api, dataOf, type Schema } from '../api/client';
import { ApiError } from '../api/problem';
import { answerChallenge } from './challenge';

export interface Credentials {
  /** E-mail address or username. */
  readonly login: string;
  readonly password: string;
  readonly remember: boolean;
}

export type SignedIn = Schema['SignedIn'];
type Session = Schema['Session'];

/** All places are taken: one of these sessions has to go, or the sign-in does. */
export interface NoRoom {
  readonly ticket: string;
  readonly sessions: readonly Session[];
}

/** Several in a row are possible when others keep guessing at the same account. */
const maxChallenges = 3;

/** Signs in by cookies; `onWork` hears that the browser has to compute for a moment first. */
export async function signIn(
  { login, password, remember }: Credentials,
  onWork: () => void,
): Promise<SignedIn> {
  const name = login.includes('@') ? { email: login } : { username: login };
  const profile = remember ? ('remember' as const) : undefined;
  let altcha: string | undefined;
  for (let asked = 0; ; asked += 1) {
    try {
      const body = { ...name, password, profile, altcha, transport: 'cookie' as const };
      return await dataOf(api.POST('/api/v1/auth/signin', { body }));
    } catch (error) {
      const challenge = error instanceof ApiError ? error.problem.challenge : undefined;
      if (challenge === undefined || asked === maxChallenges) throw error;
      onWork();
      altcha = await answerChallenge(challenge);
    }
  }
}

/** What a refused sign-in offers instead, if it does. */
export function noRoomOf(error: unknown): NoRoom | null {
  if (!(error instanceof ApiError)) return null;
  const { ticket, sessions } = error.problem;
  return ticket === undefined || !Array.isArray(sessions)
    ? null
    : { ticket, sessions: sessions as Session[] };
}

export function continueSignIn(ticket: string, sessionId: string): Promise<SignedIn> {
  const body = { ticket, end_session_id: sessionId, transport: 'cookie' as const };
  return dataOf(api.POST('/api/v1/auth/signin/continue', { body }));
}
