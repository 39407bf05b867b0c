/**
 * Members of payloads that may be shown to administrators and operators' services. A list of what may, not of what may
 * not: what somebody adds to a payload later is seen by nobody until it stands here.
 */
const shown: ReadonlySet<string> = new Set([
  'address',
  'after',
  'before',
  'bulk_end',
  'by',
  'client',
  'continues',
  'device',
  'ended',
  'endpoint_id',
  'expired_at',
  'failures',
  'fields',
  'filter',
  'from',
  'ip_address',
  'kid',
  'label',
  'matched',
  'note',
  'parent',
  'policy',
  'reason',
  'records',
  'role',
  'seconds',
  'share',
  'started_at',
  'subject',
  'to',
]);

export function shownPayload(payload: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(payload).filter(([name]) => shown.has(name)));
}
