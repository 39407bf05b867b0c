import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isPublic } from './public-address.js';

/** The place is one that nothing is sent to. */
export class ForbiddenAddressError extends Error {
  constructor(message: string) {
    super(message);
    Object.assign(this, { code: 'target_refused' });
  }
}

/** Throws ForbiddenAddressError if any is not public: whoever answers with both kinds is trying. */
export function assertPublic(addresses: readonly string[]): void {
  if (addresses.length > 0 && addresses.every(isPublic)) return;
  throw new ForbiddenAddressError('the address is not public');
}

interface Place {
  readonly url: URL;
  /** Of the host, and no other is connected to. */
  readonly addresses: readonly string[];
  readonly mayBePrivate: boolean;
}

/**
 * A connection to one of the addresses, whoever answers for the name meanwhile; of TLS with a certificate that is good for the
 * name. The peer of the socket itself is judged once more before anything is sent.
 */
export function openSocket({ url, addresses, mayBePrivate }: Place, signal: AbortSignal): Promise<Socket> {
  const isTls = url.protocol === 'https:';
  const host = hostOf(url);
  const port = Number(url.port) || (isTls ? 443 : 80);
  const lookup: LookupFunction = (_name, _options, answer) =>
    answer(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );
  const options = { host, port, lookup, autoSelectFamily: true };
  const servername = isIP(host) === 0 ? host : undefined;
  const socket = isTls
    ? connectTls({ ...options, servername, ALPNProtocols: ['http/1.1'] })
    : connect(options);
  return new Promise((resolve, reject) => {
    const cut = (): void => void socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', cut, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', cut));
    socket.once('error', reject);
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      const peer = socket.remoteAddress ?? '';
      if (mayBePrivate || isPublic(peer)) return resolve(socket);
      socket.destroy(new ForbiddenAddressError('the peer is not public'));
    });
  });
}

/** Without the brackets of IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
