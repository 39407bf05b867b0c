import type { Environment } from './environment.schema.js';

/** For how long counts are kept. */
export interface AnalyticsConfig {
  /** Of five minutes and of an hour. */
  readonly fineDays: number;
  /** Of a day. */
  readonly dailyDays: number;
}

export function analyticsConfig(env: Environment): AnalyticsConfig {
  return { fineDays: env.ANALYTICS_FINE_DAYS, dailyDays: env.ANALYTICS_DAILY_DAYS };
}
