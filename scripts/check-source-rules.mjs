/**
 * Source rules that need more than a name, so that .oxlintrc.json cannot express them. Reads the tree below the
 * current folder, prints one line per violation and exits 1 if there is any. `npm run lint` runs it after oxlint;
 * test/architecture/source-rules.spec.ts plants a violation of each rule.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import ts from 'typescript';

const roots = new Set(['.ci', 'apps', 'bench', 'db', 'examples', 'libs', 'packages', 'scripts', 'test']);
const skippedFolders = new Set(['node_modules', 'dist', 'coverage', 'meta']);
const parsed = new Set(['.ts', '.tsx', '.mts', '.mjs', '.cjs', '.js']);
const plain = new Set(['.sql', '.lua', '.sh', '']);

const isTest = (file) =>
  /\.spec\.ts$|^test\/|^(?:apps|libs)\/[^/]+\/test\/|^libs\/testing\/|\/src\/testing\//.test(file);
const isProduct = (file) => /^(?:apps|libs)\//.test(file) && !isTest(file);
/** Runs in other people's programs, too. */
const isShipped = (file) => isProduct(file) || /^(?:packages|examples)\//.test(file);

/** Rules on the syntax tree: `find` returns the message for a node that breaks the rule. */
const nodeRules = [
  {
    name: 'time-only-from-clock',
    applies: (file) =>
      isProduct(file) &&
      !/(?:libs\/kernel\/src|apps\/dashboard\/src\/app)\/clock\.ts$/.test(file) &&
      !file.startsWith('libs/telemetry/'),
    find(node) {
      const isCreation = ts.isNewExpression(node) || ts.isCallExpression(node);
      if (!isCreation || !isNamed(node.expression, 'Date') || node.arguments?.length > 0) return null;
      return 'Use Clock.now() of @app/kernel, or now() of the dashboard: tests move it.';
    },
  },
  {
    name: 'no-weak-hash',
    applies: isShipped,
    find(node) {
      if (!ts.isCallExpression(node) || !/^create(?:Hash|Hmac)$/.test(calledName(node) ?? '')) return null;
      const [algorithm] = node.arguments;
      const isWeak = algorithm && ts.isStringLiteralLike(algorithm) && /md[45]|sha-?1$/i.test(algorithm.text);
      return isWeak ? `${algorithm.text} is broken; use sha256.` : null;
    },
  },
  {
    name: 'no-unverified-token',
    applies: isShipped,
    find(node) {
      if (!ts.isCallExpression(node)) return null;
      const name = calledName(node);
      const receiver = ts.isPropertyAccessExpression(node.expression)
        ? node.expression.expression.getText()
        : '';
      const isDecode =
        /^decode(?:Jwt|Token)$/i.test(name ?? '') || (name === 'decode' && /jwt|token|jose/i.test(receiver));
      return isDecode ? 'Verify the token: a decoded one says whatever its sender wrote.' : null;
    },
  },
  {
    name: 'no-skipped-tests',
    applies: isTest,
    find(node) {
      if (ts.isIdentifier(node) && /^(?:xit|xtest|xdescribe|fit|fdescribe)$/.test(node.text)) {
        return 'Every test runs, every time: remove it or repair it.';
      }
      if (!ts.isPropertyAccessExpression(node) || !/^(?:skip|only|todo|failing)$/.test(node.name.text))
        return null;
      const isSuite = /^(?:it|test|describe)\b/.test(node.expression.getText());
      return isSuite ? `No .${node.name.text}: every test runs, every time.` : null;
    },
  },
];

/** Rules on comments. */
const commentRules = [
  {
    name: 'todo-has-a-condition',
    find: (text) =>
      /\b(?:TODO(?!\([^)]+\): \S)|FIXME|XXX|HACK)\b/.test(text)
        ? 'Write TODO(condition): and what to do once the condition holds.'
        : null,
  },
  {
    name: 'suppression-has-a-reason',
    find: (text) =>
      /(?:oxlint|eslint)-disable/.test(text) &&
      !/-disable(?:-next-line|-line)?\s+(?!--)\S.*?\s--\s+\S+\s+\S/s.test(text)
        ? 'Name the rule and say why: oxlint-disable-next-line <rule> -- <reason>.'
        : null,
  },
];

/** Rules on the raw text, whatever the language. */
const textRules = [
  {
    name: 'no-machine-paths',
    pattern: /(?<![\w.:)}\]-]\/?)\/(?:home|root|work|Users)\/(?=\w)/g,
    message: 'This path exists on one machine only.',
  },
];

function isNamed(node, name) {
  return ts.isIdentifier(node) && node.text === name;
}

function calledName(call) {
  if (ts.isIdentifier(call.expression)) return call.expression.text;
  return ts.isPropertyAccessExpression(call.expression) ? call.expression.name.text : undefined;
}

function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!skippedFolders.has(entry.name)) yield* filesBelow(path);
    } else if (entry.isFile()) {
      yield path;
    }
  }
}

function* sourceFiles() {
  for (const entry of readdirSync('.', { withFileTypes: true })) {
    if (entry.isFile() && parsed.has(extname(entry.name))) yield entry.name;
    if (entry.isDirectory() && roots.has(entry.name)) yield* filesBelow(entry.name);
  }
}

/** Comments and nodes of one parsed file, each handed to its rules. */
function* inspectTree(file, text) {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const rules = nodeRules.filter((rule) => rule.applies(file));
  const seenComments = new Set();
  const pending = [tree];
  for (let node = pending.pop(); node; node = pending.pop()) {
    for (const rule of rules) {
      const message = rule.find(node);
      if (message) yield { rule: rule.name, at: node.getStart(), message };
    }
    const ranges = [
      ...(ts.getLeadingCommentRanges(text, node.pos) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.end) ?? []),
    ];
    for (const { pos, end } of node.kind === ts.SyntaxKind.SourceFile ? [] : ranges) {
      if (seenComments.has(pos)) continue;
      seenComments.add(pos);
      yield* inspectComment(text.slice(pos, end), pos);
    }
    pending.push(...node.getChildren(tree));
  }
}

function* inspectComment(comment, at) {
  for (const rule of commentRules) {
    const message = rule.find(comment);
    if (message) yield { rule: rule.name, at, message };
  }
}

function* inspect(file) {
  const isParsed = parsed.has(extname(file));
  if (!isParsed && !plain.has(extname(file))) return;
  const text = readFileSync(join('.', file), 'utf8');
  for (const rule of textRules) {
    for (const { index } of text.matchAll(rule.pattern))
      yield { rule: rule.name, at: index, message: rule.message };
  }
  yield* isParsed ? inspectTree(file, text) : inspectComment(text, 0);
}

function position(file, at) {
  const before = readFileSync(file, 'utf8').slice(0, at).split('\n');
  return `${file}:${before.length}:${before.at(-1).length + 1}`;
}

let checked = 0;
const lines = [];
for (const file of sourceFiles()) {
  checked += 1;
  for (const { rule, at, message } of inspect(file)) lines.push(`${position(file, at)} ${message} [${rule}]`);
}
if (checked === 0) lines.push('No source file found: run this in the root of the repository.');
for (const line of lines.toSorted()) console.error(line);
console.log(`source rules: ${checked} files checked, ${lines.length} violations`);
process.exitCode = lines.length > 0 ? 1 : 0;
