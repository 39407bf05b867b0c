/** What somebody types when creating an account. */
export interface Person {
  readonly email: string;
  readonly password: string;
  readonly username?: string;
  readonly full_name?: string;
}

export const goodPassword = 'seven plain words make a phrase';

let made = 0;

/** Somebody new, with an address that no other test uses. */
export function aPerson(traits: Partial<Person> = {}): Person {
  made += 1;
  return { email: `person${made}@example.com`, password: goodPassword, ...traits };
}
