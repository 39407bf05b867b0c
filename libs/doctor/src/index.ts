export { diagnosis, Doctor } from './application/doctor.js';
export type { FindingId } from './domain/catalogue.js';
export type { Diagnosis, Severity } from './domain/finding.js';
export { weakSettings } from './domain/settings.js';
export { DoctorModule } from './doctor.module.js';
