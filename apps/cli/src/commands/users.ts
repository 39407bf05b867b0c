import {
  type Account,
  AccountControl,
  AccountCreation,
  AccountDirectory,
  AccountLocks,
  AccountRoles,
} from '@app/auth';
import type { UserId } from '@app/kernel';
import type { EndedMany } from '@app/sessions';
import { type Role, usernameRule } from '@app/users';
import type { INestApplicationContext } from '@nestjs/common';
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import type { Cli, Outcome } from '../cli.js';
import { UsageError } from '../exit-codes.js';
import { withAccounts } from '../installation.js';
import { actOf, type ReasonOption, userOf, withReason } from '../options.js';
import { facts, instantOrDash, printable } from '../output.js';
import { propagated } from '../propagation.js';

const roles = ['user', 'admin'];

interface CreateOptions extends ReasonOption {
  readonly role: Role;
  readonly username?: string;
  readonly fullName?: string;
  readonly passwordStdin?: true;
}

export function addUsers(cli: Cli, program: Command): void {
  const users = cli.group(program, 'user', 'accounts of people');
  addCreate(cli, users);
  const act = actOn(cli, users);
  act('show <user>', 'show an account', async (parts, id) => shown(await accountOf(parts, id)));
  act(
    'disable <user>',
    'end all sessions of somebody, and let nobody sign in; not the last administrator',
    async (parts, id, options) =>
      endedAll(id, await parts.get(AccountControl, { strict: false }).disable(id, actOf(options))),
  );
  act(
    'enable <user>',
    'let somebody sign in again; ended sessions stay ended',
    async (parts, id, options) => {
      await parts.get(AccountControl, { strict: false }).enable(id, actOf(options));
      return shown(await accountOf(parts, id));
    },
  );
  act('unlock <user>', 'end the waits after failed sign-ins', async (parts, id, options) => {
    await parts.get(AccountLocks, { strict: false }).unlock(id, actOf(options));
    return shown(await accountOf(parts, id));
  });
  cli.leaf<ReasonOption>(
    users,
    {
      usage: 'role',
      summary: 'make somebody an administrator, or one no longer; the last one stays',
      examples: ['user role ann@example.com admin --reason "ticket 4711"'],
    },
    (command) =>
      withReason(command)
        .addArgument(new Argument('<user>', 'id, e-mail address or username'))
        .addArgument(new Argument('<role>', 'from now on').choices(roles)),
    (options, user, role) =>
      withAccounts(async (parts) => {
        const id = await userOf(parts, user);
        const change = parts.get(AccountRoles, { strict: false });
        const { propagation } = await change.change(id, role as Role, actOf(options));
        return propagated(propagation, shown(await accountOf(parts, id)));
      }, cli.warn),
  );
}

function addCreate(cli: Cli, users: Command): void {
  cli.leaf<CreateOptions>(
    users,
    {
      usage: 'create',
      summary:
        'make an account; without --password-stdin a password is made and shown, once. ' +
        'Either has to be replaced at the first sign-in',
      examples: [
        'user create ann@example.com --full-name "Ann Example"',
        'user create root@example.com --role admin --password-stdin < password.txt',
      ],
    },
    (command) =>
      withReason(command)
        .addArgument(new Argument('<email>', 'address').argParser(email))
        .addOption(new Option('--role <role>', 'what the person may do').choices(roles).default('user'))
        .option('--username <name>', 'also to sign in with', username)
        .option('--full-name <name>', 'how to call the person', line)
        .option('--password-stdin', 'read the password from standard input'),
    (options, address) => create(cli, address, options),
  );
}

async function create(cli: Cli, address: string, options: CreateOptions): Promise<Outcome> {
  const password = options.passwordStdin ? await cli.terminal.readInput() : null;
  if (password === '') throw new UsageError('there is no password on standard input');
  const { role, username: name = null, fullName = null } = options;
  const account = { email: address, password, username: name, fullName, role };
  return withAccounts(async (parts) => {
    const creation = parts.get(AccountCreation, { strict: false });
    const { user, generatedPassword } = await creation.createFor(account, actOf(options));
    const { text, json } = shown({ user, lockedUntil: null });
    if (generatedPassword === null) return { text, json };
    const once = 'The password is shown this once, and has to be replaced at the first sign-in.';
    return {
      text: `${text}\n\npassword  ${generatedPassword}\n\n${once}`,
      json: { ...json, generated_password: generatedPassword },
    };
  }, cli.warn);
}

type Act = (parts: INestApplicationContext, id: UserId, options: ReasonOption) => Promise<Outcome>;

function actOn(cli: Cli, users: Command): (usage: string, summary: string, act: Act) => void {
  return (usage, summary, act) => {
    const verb = usage.split(' ')[0]!;
    const examples = [`user ${verb} ann@example.com${verb === 'show' ? '' : ' --reason "ticket 4711"'}`];
    cli.leaf<ReasonOption>(
      users,
      { usage, summary, examples },
      verb === 'show' ? (command) => command : withReason,
      (options, user) =>
        withAccounts(async (parts) => act(parts, await userOf(parts, user), options), cli.warn),
    );
  };
}

function accountOf(parts: INestApplicationContext, id: UserId): Promise<Account> {
  return parts.get(AccountDirectory, { strict: false }).get(id);
}

function endedAll(id: UserId, { count, propagation }: EndedMany): Outcome {
  const text = `${count} sessions ended`;
  return propagated(propagation, { text, json: { id, sessions_ended: count } });
}

function shown({ user, lockedUntil }: Account): { text: string; json: Record<string, unknown> } {
  const state = user.disabledAt ? 'disabled' : 'active';
  return {
    text: facts({
      id: user.id,
      'e-mail': printable(user.email),
      username: user.username && printable(user.username),
      name: user.fullName && printable(user.fullName),
      role: user.role,
      state,
      'has to wait until': instantOrDash(lockedUntil),
      'last sign-in': instantOrDash(user.lastLoginAt),
    }),
    json: {
      id: user.id,
      email: user.email,
      username: user.username,
      full_name: user.fullName,
      role: user.role,
      state,
      disabled_at: user.disabledAt,
      locked_until: lockedUntil,
      password_change_required_at: user.passwordChangeRequiredAt,
      created_at: user.createdAt,
      last_login_at: user.lastLoginAt,
    },
  };
}

function email(text: string): string {
  if (text.length <= 254 && z.email().safeParse(text).success) return text;
  throw new InvalidArgumentError('It must be an e-mail address.');
}

function username(text: string): string {
  const { minLength, maxLength, pattern } = usernameRule;
  if (text.length >= minLength && text.length <= maxLength && pattern.test(text)) return text;
  throw new InvalidArgumentError(
    `It must have ${minLength} to ${maxLength} letters, digits, dots, dashes or underscores.`,
  );
}

function line(text: string): string {
  if (text.length > 0 && text.length <= 120 && !/\p{Cc}/u.test(text)) return text;
  throw new InvalidArgumentError('It must have 1 to 120 characters on one line.');
}
