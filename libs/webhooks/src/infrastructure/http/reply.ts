import { type ClientRequest, type IncomingMessage } from 'node:http';

/** What matters of an answer. */
export interface Reply {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly excerpt: string | null;
}

/** Of the body; what says more is cut off. */
const mostBytes = 64 * 1024;
const excerptBytes = 512;

/** Milliseconds for the body: the status has said what became of the delivery. */
const bodyPatienceMs = 2_000;

/** The status, and how the body begins. Rejects when no status came. */
export function replyTo(request: ClientRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(Object.assign(new Error('no answer'), { code: 'no_answer' }));
    request.once('error', reject);
    request.once('close', end);
    request.once('response', (response) => {
      request.off('close', end);
      const { statusCode = 0, headers } = response;
      const whole = beginningOf(response).then((excerpt) => {
        request.destroy();
        return { status: statusCode, retryAfter: headers['retry-after'], excerpt };
      });
      resolve(whole);
    });
  });
}

/** Never rejects: a body that breaks off is as good as one that ends. */
function beginningOf(response: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let received = 0;
  return new Promise((resolve) => {
    const timer = setTimeout(end, bodyPatienceMs);
    function end(): void {
      clearTimeout(timer);
      resolve(textOf(Buffer.concat(parts)));
    }
    response.on('data', (part: Buffer) => {
      if (received < excerptBytes) parts.push(part.subarray(0, excerptBytes - received));
      received += part.length;
      if (received > mostBytes) end();
    });
    response.once('end', end);
    response.once('error', end);
    response.once('close', end);
  });
}

/** One line that can be shown and stored, whatever was sent. */
function textOf(bytes: Buffer): string | null {
  const text = bytes
    .toString('utf8')
    .replace(/\p{C}+/gu, ' ')
    .trim();
  return text === '' ? null : text.toWellFormed().slice(0, excerptBytes);
}
