/** What a token says, without asking whether it is true. */
export function claimsIn(token: string): Record<string, unknown> {
  return partOf(token, 1);
}

export function headerIn(token: string): Record<string, unknown> {
  return partOf(token, 0);
}

function partOf(token: string, index: number): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString('utf8'));
}
