/** Injection token of the part of CleanupConfig that says how long records are kept. */
export const auditRetentionToken = Symbol('AuditRetention');
