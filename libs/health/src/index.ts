export { HealthModule } from './health.module.js';
export { stopOnSignal, surviveTheUnexpected } from './process-life.js';
export { Readiness, type ReadinessReport } from './readiness.js';
export { ShutdownGate } from './shutdown-gate.js';
