/** Injection token of AnalyticsConfig. */
export const analyticsConfigToken = Symbol('AnalyticsConfig');
