import { lookup, Resolver } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';

/** Addresses of a name. */
export abstract class NameResolver {
  /** Rejects if there are none, or nobody could tell. */
  abstract resolve(name: string): Promise<readonly string[]>;
}

/** Milliseconds. */
const patience = { timeout: 2_000, tries: 2 };

/**
 * Asks name servers from the event loop first: `lookup` holds one of the few threads that file access and the database's own
 * names need, too, for as long as a server is silent. It is asked only when the answer was no, because hosts
 * files and search domains are its own.
 */
@Injectable()
export class DnsNameResolver extends NameResolver {
  async resolve(name: string): Promise<readonly string[]> {
    const resolver = new Resolver(patience);
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length > 0) return found;
    for (const answer of answers)
      if (answer.status === 'rejected' && isSilence(answer.reason)) throw answer.reason;
    return (await lookup(name, { all: true })).map(({ address }) => address);
  }
}

function isSilence(error: unknown): boolean {
  return ['ETIMEOUT', 'ECANCELLED'].includes((error as NodeJS.ErrnoException).code ?? '');
}
