/** Ids of tickets that must not be used again, until they would have died anyway. */
export abstract class UsedTickets {
  /** False if it was used before. Joins the caller's unit of work, so a use that is rolled back is none. */
  abstract use(id: string, expiresAt: Date): Promise<boolean>;
}
