import { ConfigError } from './load-config.js';

interface SystemError {
  readonly code?: string;
  readonly port?: number;
  readonly address?: string;
  readonly path?: string;
  readonly message: string;
}

/** Why a program did not start: lines that tell an operator what is wrong and what to do. */
export function bootProblems(error: unknown): readonly string[] {
  return error instanceof ConfigError ? error.problems : [explain(error)];
}

function explain(error: unknown): string {
  const { code, port, address, path, message } = error as SystemError;
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is already in use on ${address}; stop the other program or set PORT`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${address}; set HOST`;
    case 'EACCES':
      return path
        ? `no permission to use ${path}; set DATA_DIR`
        : `no permission to listen on port ${port}; set PORT`;
    default:
      return message.split('\n')[0] ?? 'the start failed';
  }
}
