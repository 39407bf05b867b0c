import type { Config } from '@app/config';
import { StoreUnavailableError } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { catalogue, type FindingId } from '../domain/catalogue.js';
import type { DriftKind } from '../domain/drift.js';
import type { Diagnosis } from '../domain/finding.js';
import type { Found } from '../domain/found.js';
import { CacheDrift, type Drifted } from './cache-drift.js';
import { InstallationCheck } from './installation-check.js';
import { MissingMarks } from './missing-marks.js';
import { StoresCheck } from './stores-check.js';

export interface Examination {
  readonly repair: boolean;
  readonly onProgress: (label: string, done: number) => void;
}

const severities = ['error', 'warning', 'note'] as const;

/** Looks at stores, cache, keys, instances and jobs beside a running installation, and repairs what can be. */
@Injectable()
export class Doctor {
  constructor(
    private readonly drift: CacheDrift,
    private readonly marks: MissingMarks,
    private readonly stores: StoresCheck,
    private readonly installation: InstallationCheck,
  ) {}

  /** Gravest first. What cannot be asked is a finding itself. */
  async examine(config: Config, options: Examination): Promise<Diagnosis[]> {
    const redis = await this.stores.redisServers();
    const { postgres, http, cleanup, tokens } = config;
    const disk = postgres.kind === 'embedded' ? await this.stores.disk(postgres.dataDir) : [];
    try {
      const found = [
        ...redis,
        ...disk,
        ...(await this.stores.postgres()),
        ...(await this.installation.run({ cleanup, tokens, trustProxy: http.trustProxy })),
      ].map((one) => diagnosis(one));
      // Under another secret everything would look as if strangers had written it.
      const hinders = new Set<string>(['redis.unreachable', 'keys.other_secret', 'keys.none']);
      const isCached = config.redis !== null && !found.some(({ id }) => hinders.has(id));
      return inOrder([...found, ...(isCached ? await this.cache(options) : [])]);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      const why = error.cause instanceof Error ? error.cause.message : error.message;
      const id = error.store === 'postgres' ? 'postgres.unreachable' : 'redis.unreachable';
      return inOrder([...redis, ...disk, [id, why] as const].map((one) => diagnosis(one)));
    }
  }

  private async cache({ repair, onProgress }: Examination): Promise<Diagnosis[]> {
    const { drifted } = await this.drift.find((done) => onProgress('keys', done));
    const marks = await this.marks.examine({ repair, onProgress: (done) => onProgress('ends', done) });
    const repaired = repair ? await this.drift.repair(drifted) : null;
    const found = [...countsOf(drifted)].map(([id, count]) => {
      const one = diagnosis([id, `${count} keys`]);
      return { ...one, repaired: repaired && one.isRepairable ? (repaired.get(id) ?? 0) : null };
    });
    if (marks.missing === 0) return found;
    const missing = diagnosis(['cache.mark_missing', `${marks.missing} of ${marks.examined} ends`]);
    return [...found, { ...missing, repaired: repair ? marks.repaired : null }];
  }
}

function countsOf(drifted: readonly Drifted[]): Map<DriftKind, number> {
  const counts = new Map<DriftKind, number>();
  for (const { kind } of drifted) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** What a finding means; for findings from elsewhere, too. */
export function diagnosis([id, detail]: Found): Diagnosis {
  const meaning: (typeof catalogue)[FindingId] = catalogue[id];
  return { id, detail, repaired: null, ...meaning };
}

function inOrder(found: readonly Diagnosis[]): Diagnosis[] {
  return found.toSorted(
    (one, other) =>
      severities.indexOf(one.severity) - severities.indexOf(other.severity) || one.id.localeCompare(other.id),
  );
}
