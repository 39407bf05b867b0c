import type { Act } from '@app/event-log';
import { canonicalNetwork, type UserId } from '@app/kernel';
import type { SessionFilter } from '@app/sessions';
import { type LoginName, UserNotFoundError, UserRepository } from '@app/users';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, InvalidArgumentError, Option } from 'commander';

const longestReason = 200;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export interface ReasonOption {
  readonly reason?: string;
}

/** Why somebody does something; noted in the event log, never shown to the owner of the account. */
export function withReason(command: Command): Command {
  return command.option(
    '--reason <text>',
    `why, for the event log (up to ${longestReason} characters)`,
    (text) => {
      const isFit = text.length > 0 && text.length <= longestReason && !/\p{Cc}/u.test(text);
      if (!isFit)
        throw new InvalidArgumentError(`It must have 1 to ${longestReason} characters on one line.`);
      return text;
    },
  );
}

/** Nobody signed in: a command. */
export function actOf({ reason }: ReasonOption): Act {
  return { by: null, note: reason ?? null };
}

/** The id behind an id, an e-mail address or a username. Throws UserNotFoundError. */
export async function userOf(parts: INestApplicationContext, text: string): Promise<UserId> {
  const users = parts.get(UserRepository, { strict: false });
  if (uuid.test(text)) {
    const found = await users.find(text.toLowerCase() as UserId);
    if (!found) throw new UserNotFoundError();
    return found.id;
  }
  const login: LoginName = text.includes('@') ? { email: text } : { username: text };
  const found = await users.findCredentials(login);
  if (!found) throw new UserNotFoundError();
  return found.user.id;
}

export interface FilterOptions {
  readonly user?: string;
  readonly network?: string;
  readonly browser?: string;
  readonly os?: string;
  readonly kind?: SessionFilter['kind'];
  readonly profile?: SessionFilter['profile'];
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
  readonly seenAfter?: Date;
  readonly seenBefore?: Date;
}

const kinds = ['desktop', 'mobile', 'tablet', 'tv', 'bot', 'other'];
const profiles = ['standard', 'strict', 'admin', 'remember'];

/** What sessions can be chosen by; all that is given must hold. */
export function withFilter(command: Command): Command {
  return command
    .option('--user <user>', 'of this person: id, e-mail address or username')
    .option('--network <address>', 'from this address or network, such as 203.0.113.0/24', network)
    .option('--browser <name>', 'as shown with the session')
    .option('--os <name>', 'as shown with the session')
    .addOption(new Option('--kind <device>', 'kind of device').choices(kinds))
    .addOption(new Option('--profile <profile>', 'lifetimes').choices(profiles))
    .option('--created-after <instant>', 'such as 2026-11-20T09:00:00Z', instant)
    .option('--created-before <instant>', 'the same', instant)
    .option('--seen-after <instant>', 'used since', instant)
    .option('--seen-before <instant>', 'not used since', instant);
}

export async function filterOf(
  parts: INestApplicationContext,
  {
    user,
    network: from,
    browser,
    os,
    kind,
    profile,
    createdAfter,
    createdBefore,
    seenAfter,
    seenBefore,
  }: FilterOptions,
): Promise<SessionFilter> {
  const userId = user === undefined ? undefined : await userOf(parts, user);
  const about = { browser, os, kind, profile, createdAfter, createdBefore, seenAfter, seenBefore };
  return { userId, network: from, ...about };
}

/** How many conditions there are. */
export function conditionsIn(options: FilterOptions): number {
  const names: readonly (keyof FilterOptions)[] = [
    'user',
    'network',
    'browser',
    'os',
    'kind',
    'profile',
    'createdAfter',
    'createdBefore',
    'seenAfter',
    'seenBefore',
  ];
  return names.filter((name) => options[name] !== undefined).length;
}

export function count(bounds: { readonly min: number; readonly max: number }): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= bounds.min && value <= bounds.max) return value;
    throw new InvalidArgumentError(`It must be a number from ${bounds.min} to ${bounds.max}.`);
  };
}

function network(text: string): string {
  const plain = canonicalNetwork(text);
  if (plain === null) throw new InvalidArgumentError('It must be an address or a network (CIDR).');
  return plain;
}

function instant(text: string): Date {
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const time = new Date(text);
  if (!isInstant || Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('It must be an instant such as 2026-11-20T09:00:00Z.');
  return time;
}
