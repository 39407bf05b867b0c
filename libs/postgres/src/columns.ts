import { customType, timestamp } from 'drizzle-orm/pg-core';

/** A column of points in time. */
export const timestamptz = (name: string) => timestamp(name, { withTimezone: true });

/** A column of bytes, as a Buffer from both drivers. */
export const bytea = customType<{ data: Buffer; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: (value) => Buffer.from(value),
});
