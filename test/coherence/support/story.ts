import { proofOf } from './client.js';
import type { Fleet } from './fleet.js';

/** What all instances say about a session that was ended. */
export const allEnded = (fleet: Fleet): string[] => fleet.members.map(() => '401 SESSION_ENDED');
export const allFine = (fleet: Fleet): string[] => fleet.members.map(() => '200');

/**
 * What users do with their sessions, seen from every instance. `live` is how a live session may be answered:
 * whoever vouches, it is.
 */
export async function expectMainStory(fleet: Fleet, live: RegExp = /^200$/): Promise<void> {
  const expectLive = async (device: { token: string }): Promise<void> => {
    for (const answer of await fleet.answers(device)) expect(answer).toMatch(live);
  };
  const laptop = await fleet.first.api.signUp();
  const phone = await fleet.second.api.signIn(laptop);
  const tablet = await fleet.first.api.signIn(laptop);
  for (const device of [laptop, phone, tablet]) await expectLive(device);

  expect(proofOf(await fleet.second.api.end(tablet.sessionId, laptop))).toBe('200 complete');
  expect(await fleet.answers(tablet)).toEqual(allEnded(fleet));
  await expectLive(phone);

  expect(proofOf(await fleet.first.api.signOut(phone))).toBe('200 complete');
  expect(await fleet.answers(phone)).toEqual(allEnded(fleet));
  expect(proofOf(await fleet.second.api.signOut(phone))).toBe('200 complete');

  const others = await Promise.all([1, 2, 3].map(() => fleet.second.api.signIn(laptop)));
  const ended = await fleet.first.api.endOthers(laptop);
  expect([proofOf(ended), ended.body.data?.terminated]).toEqual(['200 complete', 3]);
  for (const device of others) expect(await fleet.answers(device)).toEqual(allEnded(fleet));
  await expectLive(laptop);

  const again = await fleet.second.api.signIn(laptop);
  expect(proofOf(await fleet.first.api.signOutEverywhere(again))).toBe('200 complete');
  for (const device of [again, laptop]) expect(await fleet.answers(device)).toEqual(allEnded(fleet));
  await expectLive(await fleet.first.api.signIn(laptop));
}
