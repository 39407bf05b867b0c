/** The list of passwords that attackers try first. Entries are lower case. */
export abstract class CommonPasswords {
  abstract includes(foldedPassword: string): boolean;
}
