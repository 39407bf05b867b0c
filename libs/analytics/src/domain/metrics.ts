/** Counted from the event log; stable names, stored with each count. */
export const loggedMetrics = [
  'sessions_started',
  'sessions_ended',
  'session_length',
  'sign_ins',
  'sign_in_failures',
  'users_signed_in',
  'users_created',
  'browsers',
  'operating_systems',
  'device_kinds',
  'limit_hits',
] as const;
export type LoggedMetric = (typeof loggedMetrics)[number];

/** Counted by each instance and added up. */
export const measuredMetrics = ['session_checks', 'profile_reads'] as const;
export type MeasuredMetric = (typeof measuredMetrics)[number];

export type StoredMetric = LoggedMetric | MeasuredMetric;

/** What can be asked for: what is stored, and what follows from it. */
export const metricNames = [
  ...loggedMetrics,
  'active_sessions',
  ...measuredMetrics,
  'cache_hit_rate',
] as const;
export type MetricName = (typeof metricNames)[number];

/** Labels of these tell apart; the others are one series each. */
export const labelledMetrics: ReadonlySet<MetricName> = new Set([
  'sessions_ended',
  'browsers',
  'operating_systems',
  'device_kinds',
  'limit_hits',
  'session_checks',
  'profile_reads',
]);

/** Whatever else a client calls itself counts as `other`: nobody may fill the tables with names. */
export const knownBrowsers: readonly string[] = [
  'Android Browser',
  'Chrome',
  'Chromium',
  'Electron',
  'Firefox',
  'Internet Explorer',
  'Microsoft Edge',
  'Opera',
  'Opera Touch',
  'Pale Moon',
  'QQ Browser Lite',
  'Safari',
  'Samsung Internet for Android',
  'UC Browser',
  'Vivaldi',
  'Yandex Browser',
  'curl',
];

export const knownSystems: readonly string[] = [
  'Android',
  'Chrome OS',
  'Chromium OS',
  'HarmonyOS',
  'Linux',
  'Tizen',
  'WebOS',
  'Windows',
  'iOS',
  'macOS',
];
