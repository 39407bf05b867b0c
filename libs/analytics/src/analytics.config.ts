export type { AnalyticsConfig } from '@app/config';

/** Injection token of AnalyticsConfig. */
export const analyticsConfigToken = Symbol('AnalyticsConfig');
