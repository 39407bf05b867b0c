import { type PlacedEvent, shownPayload } from '@app/event-log';

/** All who watch are told the same of an event, so it is put into words once. */
const told = new WeakMap<PlacedEvent, string>();

/** One line of JSON. */
export function eventText(event: PlacedEvent): string {
  const known = told.get(event);
  if (known !== undefined) return known;
  const { id, type, at, userId, sessionId, tokenId, gen, payload } = event;
  const text = JSON.stringify({
    id: String(id),
    type,
    at: at.toISOString(),
    user_id: userId,
    session_id: sessionId,
    token_id: tokenId,
    gen,
    details: shownPayload(payload),
  });
  told.set(event, text);
  return text;
}
