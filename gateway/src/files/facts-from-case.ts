import type { Facts } from '../model/facts.ts';
import { fileFacts } from './facts.ts';
import { FILE_OPERATIONS, type FileOperation, type FileTransport } from './facts-family.ts';

const EXPECTED =
  '`files` is an operation and a path, such as `READ /srv/app/x`, or `RENAME /srv/a /srv/b`, or `{ operation: …, path: …, target: …, via: …, size: …, recursive: … }` with absolute paths';

const TRANSPORTS: readonly FileTransport[] = ['sftp', 'scp', 'rsync', 'git'];
const KEYS: ReadonlySet<string> = new Set([
  'operation',
  'path',
  'target',
  'via',
  'size',
  'mode',
  'recursive',
  'opaque',
]);

/** Operations that take two names. */
const TWO_NAMES: ReadonlySet<string> = new Set(['RENAME', 'LINK', 'SYMLINK']);

/**
 * The facts of a policy test case: `files: READ /srv/app/x`. The path is what links were resolved to.
 * @throws {Error} for a case that cannot be read
 */
export function fileFactsFromCase(body: unknown): Facts {
  const given = typeof body === 'string' ? fromText(body) : body;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new Error(EXPECTED);
  if (!Object.keys(given).every((key) => KEYS.has(key))) throw new Error(EXPECTED);
  const value = (key: string): unknown => Reflect.get(given, key);
  const operation = FILE_OPERATIONS.find((known) => known === value('operation'));
  const via = TRANSPORTS.find((known) => known === (value('via') ?? defaultTransport(operation)));
  if (operation === undefined || via === undefined) throw new Error(EXPECTED);
  const target = TWO_NAMES.has(operation) ? pathOf(value('target')) : nothing(value('target'));
  const path = operation === 'START' ? nothing(value('path')) : pathOf(value('path'));
  const opaque = value('opaque') ?? [];
  if (!Array.isArray(opaque)) throw new Error(EXPECTED);
  const deep = value('recursive') === true;
  const paths = [path, target]
    .filter((one) => one !== undefined)
    .map((one) => (deep ? `${one === '/' ? '' : one}/**` : one));
  return fileFacts({
    via,
    uses: [{ operations: operationsOf(operation), paths, asked: paths.join(' to ') }],
    opaque: opaque.map(String),
    ...(target === undefined ? {} : { target }),
    size: numberOf(value('size')),
    mode: numberOf(value('mode')),
    recursive: deep,
  });
}

function nothing(value: unknown): undefined {
  if (value !== undefined) throw new Error(EXPECTED);
}

function numberOf(value: unknown): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  throw new Error(EXPECTED);
}

/** A new name gives what was there to whoever may use that. */
export function operationsOf(operation: FileOperation): readonly [FileOperation, ...FileOperation[]] {
  return operation === 'RENAME' || operation === 'LINK' ? [operation, 'READ', 'WRITE'] : [operation];
}

function defaultTransport(operation: FileOperation | undefined): FileTransport {
  return operation === 'FETCH' || operation === 'PUSH' ? 'git' : 'sftp';
}

function fromText(text: string): unknown {
  const [operation, path, target, ...more] = text.trim().split(/\s+/);
  if (more.length > 0) return undefined;
  return {
    operation,
    ...(path === undefined ? {} : { path }),
    ...(target === undefined ? {} : { target }),
  };
}

function pathOf(value: unknown): string {
  const isPath =
    typeof value === 'string' && /^(?:\/[^/]+)+$|^\/$/.test(value) && !/(?:^|\/)\.\.?(?:\/|$)/.test(value);
  if (!isPath) throw new Error(EXPECTED);
  return value;
}
