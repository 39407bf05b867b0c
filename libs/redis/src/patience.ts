import type { Command, Redis } from 'ioredis';

/**
 * Gives a command up only if its reply has not arrived. ioredis asks the timer alone: in a process that was busy or
 * stopped for longer than the time-out, all commands on their way would fail although their replies lie in the
 * socket, and such a process would take a healthy Redis for one that is away.
 */
export function withPatience<Client extends Redis>(client: Client): Client {
  const send = client.sendCommand.bind(client);
  return Object.assign(client, {
    sendCommand: (command: Command, stream: Parameters<typeof send>[1]) => {
      command.setTimeout = giveUpAfterReading;
      return send(command, stream);
    },
  });
}

/**
 * Timers run first in a turn of the event loop, then sockets are read, then what `setImmediate` was given. The time
 * begins with the end of the turn, when the command leaves: a turn may be long.
 */
function giveUpAfterReading(this: Command, ms: number): void {
  let timer: NodeJS.Timeout | undefined;
  const start = setImmediate(() => {
    timer = setTimeout(() => setImmediate(() => refuse(this)), ms);
  });
  const stop = (): void => {
    clearImmediate(start);
    clearTimeout(timer);
  };
  this.promise.then(stop, stop);
}

function refuse(command: Command): void {
  if (!command.isSettled) command.reject(new Error('Command timed out'));
}
