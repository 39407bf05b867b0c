import type { AuditRecord, AuditStanding } from '@app/audit';

export function presentAuditRecord(record: AuditRecord) {
  return {
    seq: record.seq,
    event_id: record.eventId,
    type: record.type,
    at: record.at.toISOString(),
    actor_kind: record.actorKind,
    actor_id: record.actorId,
    user_id: record.userId,
    session_id: record.sessionId,
    token_id: record.tokenId,
    reason: record.note,
    ip_address: record.ipAddress,
    details: record.details,
    previous_hash: record.previousHash,
    hash: record.hash,
  };
}

/** JSON Lines: one record, one line. */
export function linesOf(records: readonly AuditRecord[]): string {
  return records.map((record) => `${JSON.stringify(presentAuditRecord(record))}\n`).join('');
}

export function presentStanding({ length, head, purged, lastVerification: last }: AuditStanding) {
  const verification = last && {
    at: last.at.toISOString(),
    whole: last.finding === null,
    checked: last.checked,
    length: last.length,
    head: last.head,
    finding: last.finding,
  };
  return { length, head, purged, last_verification: verification };
}
