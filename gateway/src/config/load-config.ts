/** Reads `sallyport.yaml`: every problem is reported at once, with file, line, column and the lines around it. */
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { codeFrame } from '../policy/code-frame.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { ConfigError } from './errors.ts';
import { configSchema, type Plan } from './schema.ts';

/** Largest config file, in bytes. */
const MAX_BYTES = 1024 * 1024;

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

/** Parses the text of a config file; pure. */
export function parseConfig(
  text: string,
  source: { readonly file: string; readonly protocols: readonly Protocol[] },
): Plan {
  const { file, protocols } = source;
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw new ConfigError('ERR_CONFIG_INVALID', `${file}: larger than 1 MiB`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  const at = (offset: number, message: string): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}: ${message}\n${codeFrame(text, { line, column: col, length: 1 })}`;
  };
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.length > 0) {
    throw new ConfigError(
      'ERR_CONFIG_INVALID',
      syntax.map((problem) => at(problem.pos[0], problem.message)).join('\n'),
    );
  }
  const parsed = configSchema(protocols).safeParse(document.toJS({ maxAliasCount: 100 }));
  if (parsed.success) return parsed.data;
  const offsetOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return 0;
  };
  throw new ConfigError(
    'ERR_CONFIG_INVALID',
    parsed.error.issues.map((issue) => at(offsetOf(issue.path), describe(issue))).join('\n'),
  );
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
