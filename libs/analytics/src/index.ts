export { AnalyticsModule } from './analytics.module.js';
export { ActiveNow } from './application/active-now.js';
export { AnalyticsReports, type Recent, type Report } from './application/analytics-reports.js';
export { RollupRebuild } from './application/rollup-rebuild.js';
export { beginsOf, type BucketName, bucketSeconds } from './domain/grid.js';
export { type MetricName, metricNames } from './domain/metrics.js';
export { PostgresRollups } from './infrastructure/postgres/postgres-rollups.js';
export type { Series } from './domain/series.js';
