import { Clock } from '@app/kernel';
import { RedisConnection } from '@app/redis';
import { Injectable } from '@nestjs/common';
import { RedisExam, type RedisReport } from '../../domain/redis-exam.js';

interface Server {
  info(): Promise<string>;
  time(): Promise<readonly (number | string)[]>;
  config(subcommand: 'GET', name: string): Promise<unknown>;
}

@Injectable()
export class RedisServerExam extends RedisExam {
  constructor(
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
  ) {
    super();
  }

  get isConfigured(): boolean {
    return this.redis.isConfigured;
  }

  report(): Promise<RedisReport[]> {
    return this.redis.run((client) => {
      const servers = ('nodes' in client ? client.nodes('master') : [client]) as unknown as Server[];
      return Promise.all(servers.map((server) => this.ask(server)));
    });
  }

  private async ask(server: Server): Promise<RedisReport> {
    const before = this.clock.now().getTime();
    const [seconds, microseconds] = (await server.time()).map(Number);
    const between = (before + this.clock.now().getTime()) / 2;
    const facts = parsed(await server.info());
    const limit = Number(facts.get('maxmemory') ?? 0);
    return {
      version: facts.get('redis_version') ?? '0',
      isPrimary: facts.get('role') === 'master',
      policy: facts.get('maxmemory_policy') ?? 'noeviction',
      usedShare: limit > 0 ? Number(facts.get('used_memory')) / limit : 0,
      isPersistent: facts.get('aof_enabled') === '1' || (await savesSometimes(server)),
      skewMs: seconds! * 1_000 + microseconds! / 1_000 - between,
      replicaLags: lagsOf(facts),
    };
  }
}

/** Null where CONFIG may not be used. */
async function savesSometimes(server: Server): Promise<boolean | null> {
  try {
    const reply = await server.config('GET', 'save');
    return JSON.stringify(reply).includes(' ');
  } catch {
    // Refused or renamed, as managed services do; others tell by their own means.
    return null;
  }
}

function lagsOf(facts: ReadonlyMap<string, string>): number[] {
  const written = Number(facts.get('master_repl_offset') ?? 0);
  return [...facts].flatMap(([name, value]) => {
    if (!/^slave\d+$/.test(name)) return [];
    const [, state, offset] = /state=(\w+),offset=(\d+)/.exec(value) ?? [];
    return [state === 'online' ? written - Number(offset) : Number.POSITIVE_INFINITY];
  });
}

function parsed(info: string): Map<string, string> {
  const lines = info.split(/\r?\n/).filter((line) => line.includes(':'));
  return new Map(
    lines.map((line): [string, string] => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 1),
    ]),
  );
}
