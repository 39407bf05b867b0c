interface Page {
  readonly count: number;
  readonly next_page_token: string | null;
}

/** A page may come empty while there is more to look through; so many are passed over by themselves. */
const maxEmptyPages = 5;

/** The first page from `token` on that holds something, or the last that was looked at. */
export async function filledPage<P extends Page>(
  ask: (token: string | undefined) => Promise<P>,
  token: string | null,
): Promise<P> {
  let next = token ?? undefined;
  for (let looked = 1; ; looked += 1) {
    const page = await ask(next);
    if (page.count > 0 || page.next_page_token === null || looked === maxEmptyPages) return page;
    next = page.next_page_token;
  }
}
