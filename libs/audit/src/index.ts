export { AuditTrail, type AuditStanding } from './application/audit-trail.js';
export { AuditVerification, type VerificationWish } from './application/audit-verification.js';
export { AuditModule } from './audit.module.js';
export type { AuditPlace, AuditSearch } from './domain/audit-reader.js';
export type { AuditRecord } from './domain/audit-record.js';
export type { Finding, Verification } from './domain/finding.js';
