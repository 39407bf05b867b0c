export { JobRuns } from './job-runs.js';
export { Log } from './log.js';
export { createLogger, NestLogger, type Logger } from './logger.js';
export { Durations } from './durations.js';
export { mayReadMetrics } from './metrics-access.js';
export { openMetricsServer } from './metrics-server.js';
export { Metrics } from './metrics.js';
export { TelemetryModule } from './telemetry.module.js';
