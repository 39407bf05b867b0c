/**
 * Migrations expand first and contract a release later: the version before runs on the new schema while instances are
 * replaced one by one. Refuses in db/migrations what that version would stumble over, or what would hold up a big table,
 * unless a line before the statement says why it is safe: `-- safe: <reason of at least three words>`. What the version
 * before (db/previous.json) has itself is not judged.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = 'db/migrations';
const { migration: last } = JSON.parse(readFileSync('db/previous.json', 'utf8'));

/** They grow with use: a lock that scans or rewrites one of them stops sign-ins meanwhile. */
const big = new Set([
  'audit_log',
  'avatars',
  'devices',
  'event_log',
  'known_networks',
  'mail_outbox',
  'networks',
  'revoked_tokens',
  'rollup_users',
  'rollups',
  'session_shares',
  'sessions',
  'sign_in_failures',
  'spent_challenges',
  'users',
  'webhook_deliveries',
]);

const name = String.raw`(?:"public"\.|public\.)?"?([a-z_][a-z0-9_]*)"?`;

const rules = [
  {
    id: 'no-drop',
    pattern: /\bdrop\s+(?!not\s+null|default|index\b)\w+|^\s*truncate\b/i,
    message: 'The version before still uses what is dropped: stop using it now, drop it a release later.',
  },
  {
    id: 'no-drop-index',
    pattern: /\bdrop\s+index\b/i,
    message: 'The version before may rely on the index, for its uniqueness or its speed.',
  },
  {
    id: 'no-rename',
    pattern: /\brename\s+(?:to\b|column\b|constraint\b|"|\w+\s+to\b)/i,
    message: 'The version before knows the old name only: add the new one and fill both.',
  },
  {
    id: 'no-type-change',
    pattern: /\balter\s+(?:column\s+)?"?\w+"?\s+(?:set\s+data\s+)?type\b/i,
    message: 'It rewrites the table under a lock, and the version before may write what no longer fits.',
  },
  {
    id: 'no-set-not-null',
    pattern: /\bset\s+not\s+null\b/i,
    message: 'The version before may still write null, and the whole table is scanned under a lock.',
  },
  {
    id: 'no-required-column',
    find: (statement) =>
      /\badd\s+column\b/i.test(statement) &&
      /\bnot\s+null\b/i.test(statement) &&
      !/\bdefault\b|\bgenerated\b/i.test(statement),
    message: 'Inserts of the version before leave the column out: give it a default.',
  },
  {
    id: 'no-computed-default',
    find: (statement) =>
      /\badd\s+column\b/i.test(statement) &&
      /\bdefault\s+(?:gen_random_uuid|random|clock_timestamp|nextval)\s*\(/i.test(statement),
    message: 'A default that differs from row to row rewrites the table under a lock.',
  },
  {
    id: 'no-narrower-check',
    find: (statement, created) =>
      onExisting(
        statement,
        created,
        new RegExp(
          `alter\\s+table\\s+(?:only\\s+)?${name}[\\s\\S]*\\badd\\s+(?:constraint\\s+"?\\w+"?\\s+)?(?:check|unique|foreign|exclude|primary)\\b`,
          'i',
        ),
      ),
    message:
      'Rows that the version before writes may not meet it, and all existing ones are checked under a lock.',
  },
  {
    id: 'no-index-on-big-table',
    find: (statement, created) =>
      onExisting(
        statement,
        created,
        new RegExp(`create\\s+(?:unique\\s+)?index\\b[\\s\\S]*?\\bon\\s+(?:only\\s+)?${name}`, 'i'),
        big,
      ),
    message: 'Building it stops writes to a big table for as long as it takes.',
  },
  {
    id: 'no-update-of-all',
    find: (statement, created) =>
      onExisting(statement, created, new RegExp(`^\\s*(?:update|delete\\s+from)\\s+${name}`, 'i')),
    message:
      'It locks rows that instances use, and what the version before writes afterwards is not changed.',
  },
];

/** True if the statement is about a table that is there already, of those in `among`. */
function onExisting(statement, created, pattern, among) {
  const [, table] = pattern.exec(statement) ?? [];
  return table !== undefined && !created.has(table) && (!among || among.has(table));
}

function* statementsOf(text) {
  for (const part of text.split('--> statement-breakpoint')) {
    const lines = part.split('\n');
    const comments = lines.filter((line) => /^\s*--/.test(line)).map((line) => line.trim());
    const statement = lines
      .filter((line) => !/^\s*--/.test(line))
      .join('\n')
      .trim();
    // A file written by hand may hold several statements without the tool's separator.
    // What is quoted with dollars is a program, whose lines are no statements.
    const parts = statement.includes('$$') ? [statement] : statement.split(/;\s*(?:\n|$)/);
    for (const one of parts) if (one.trim() !== '') yield { statement: one.trim(), comments };
  }
}

function reasonIn(comments) {
  const [reason] = comments.flatMap((line) => /^--\s*safe:\s*(.*)$/i.exec(line)?.slice(1) ?? []);
  return reason;
}

/** What breaks a rule in one statement; `created` grows with the tables that it makes. */
function* problemsOf({ statement, comments }, created) {
  const making = new RegExp(`^create\\s+table\\s+(?:if\\s+not\\s+exists\\s+)?${name}`, 'i');
  const [, table] = making.exec(statement) ?? [];
  if (table) created.add(table);
  // What a function or trigger does later is no change of the schema.
  const isProgram = /^create\s+(?:or\s+replace\s+)?(?:function|procedure|trigger)\b/i.test(statement);
  const broken = (isProgram ? [] : rules).filter(
    ({ pattern, find }) => pattern?.test(statement) ?? find(statement, created),
  );
  const reason = reasonIn(comments);
  const isJustified = reason !== undefined && reason.split(/\s+/).length >= 3;
  if (broken.length === 0 && reason !== undefined)
    yield 'Nothing here needs a reason; remove "-- safe:". [needless-reason]';
  if (!isJustified) for (const { id, message } of broken) yield `${message} [${id}]`;
}

const problems = [];
const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
if (!files.includes(`${last}.sql`)) problems.push(`db/previous.json names ${last}, which is no migration.`);
const newer = files.filter((file) => file > `${last}.sql`).toSorted();
for (const file of newer) {
  const created = new Set();
  for (const part of statementsOf(readFileSync(join(folder, file), 'utf8'))) {
    const [first] = part.statement.trim().split('\n');
    const place = `${join(folder, file)}: ${first.slice(0, 90)}`;
    for (const problem of problemsOf(part, created)) problems.push(`${place}\n  ${problem}`);
  }
}
for (const problem of problems) console.error(problem);
console.log(`migrations: ${newer.length} files checked, ${problems.length} violations`);
process.exitCode = problems.length > 0 ? 1 : 0;
