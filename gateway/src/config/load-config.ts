/** Reads `sallyport.yaml`: every problem is reported at once, with file, line, column and the lines around it. */
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { isNode, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { codeFrame } from '../policy/code-frame.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { ConfigError } from './errors.ts';
import { hideValues } from './hide-values.ts';
import { configSchema, type Plan } from './schema.ts';

/** Largest config file, in bytes. */
const MAX_BYTES = 1024 * 1024;
/** Most problems that one error lists. */
const MAX_PROBLEMS = 20;

/**
 * Loads the config file. Relative paths of the top-level keys count from the file's folder.
 * @throws ConfigError with all problems in its message.
 */
export async function loadConfig(file: string, protocols: readonly Protocol[]): Promise<Plan> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError('ERR_CONFIG_UNREADABLE', `cannot read the config file: ${reason}`, cause);
  });
  return resolvePaths(parseConfig(text, { file, protocols }), dirname(resolve(file)));
}

/** Parses the text of a config file; pure. No error shows what may be a secret in the wrong place (P6). */
export function parseConfig(
  text: string,
  source: { readonly file: string; readonly protocols: readonly Protocol[] },
): Plan {
  const { file, protocols } = source;
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw new ConfigError('ERR_CONFIG_INVALID', `${file}: larger than 1 MiB`);
  const lines = new LineCounter();
  const document = parseYaml(text, { file, lines });
  const at = errorPlaces(text, { file, lines });
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.length > 0) {
    throw invalid(syntax.map((problem) => () => at(problem.pos[0], withoutQuote(problem.message))));
  }
  const dangling = danglingAliases(document);
  if (dangling.length > 0) throw invalid(dangling.map((offset) => () => at(offset, DANGLING)));
  const parsed = configSchema(protocols).safeParse(plainValue(document, file));
  if (parsed.success) return parsed.data;
  const offsetOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return 0;
  };
  throw invalid(parsed.error.issues.map((issue) => () => at(offsetOf(issue.path), describe(issue))));
}

function invalid(problems: readonly (() => string)[]): ConfigError {
  const more = problems.length - MAX_PROBLEMS;
  const told = problems.slice(0, MAX_PROBLEMS).map((tell) => tell());
  return new ConfigError(
    'ERR_CONFIG_INVALID',
    [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
  );
}

const DANGLING = 'no anchor has the name of this alias; a value that begins with `*` has to stand in quotes';

function danglingAliases(document: ReturnType<typeof parseDocument>): readonly number[] {
  const offsets: number[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) === undefined) offsets.push(alias.range?.[0] ?? 0);
    },
  });
  return offsets;
}

interface YamlSource {
  readonly file: string;
  readonly lines: LineCounter;
}

function parseYaml(text: string, { file, lines }: YamlSource): ReturnType<typeof parseDocument> {
  try {
    return parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  } catch (cause) {
    throw new ConfigError('ERR_CONFIG_INVALID', `${file}: nested too deeply`, cause);
  }
}

function plainValue(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new ConfigError('ERR_CONFIG_INVALID', `${file}: too many aliases, or nested too deeply`, cause);
  }
}

/** Makes a message with its place and the lines around it. */
function errorPlaces(text: string, { file, lines }: YamlSource): (offset: number, message: string) => string {
  const hidden = hideValues(text);
  const shownLines = new LineCounter();
  for (const { index } of hidden.text.matchAll(/^/gm)) shownLines.addNewLine(index);
  return (offset, message) => {
    const { line, col } = lines.linePos(offset);
    const { col: column } = shownLines.linePos(hidden.offsetOf(offset));
    return `${file}:${line}:${col}: ${message}\n${codeFrame(hidden.text, { line, column, length: 1 })}`;
  };
}

/** Behind a colon the parser quotes the text. */
function withoutQuote(message: string): string {
  return message.split(': ', 1)[0] ?? message;
}

function describe(issue: z.core.$ZodIssue): string {
  const place = issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `;
  const first = issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  return `${place}${first}`;
}

function resolvePaths(plan: Plan, folder: string): Plan {
  const from = (path: string): string => (isAbsolute(path) ? path : resolve(folder, path));
  const { tls } = plan;
  return {
    ...plan,
    dataDir: from(plan.dataDir),
    policy: { folder: from(plan.policy.folder) },
    tls: {
      names: tls.names,
      ...(tls.cert === undefined ? {} : { cert: from(tls.cert) }),
      ...(tls.key === undefined ? {} : { key: from(tls.key) }),
    },
  };
}
