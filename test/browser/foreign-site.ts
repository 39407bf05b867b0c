import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Empty pages of whoever the browser believes to be at this port. */
export class ForeignSite {
  private constructor(
    readonly port: number,
    private readonly end: () => void,
  ) {}

  static async start(): Promise<ForeignSite> {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>foreign</title>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ForeignSite((server.address() as AddressInfo).port, () => {
      server.closeAllConnections();
      server.close();
    });
  }

  close(): void {
    this.end();
  }
}
