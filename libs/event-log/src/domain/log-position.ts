/**
 * A place in the log: the oldest transaction that was still running when a snapshot was taken (its xmin). All
 * transactions below it are over, so whoever read the log or a row at this position has seen each of their
 * changes. Transaction ids stay below 2^53 for centuries, so a number holds one exactly.
 */
export type LogPosition = number;

/**
 * Which history positions belong to: server system identifier and timeline. After a failover or a restored
 * backup the numbers start to mean something else; positions of two databases are never compared.
 */
export type DatabaseIdentity = string;
