import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import type { PolicyDiagnostic } from './errors.ts';
import type { SourceFile, SourcePath } from './source-file.ts';

/** Turns what the schema refused into diagnostics at the places in the file, one for each finding. */
export function schemaDiagnostics(
  file: SourceFile,
  issues: readonly z.core.$ZodIssue[],
  families: readonly string[],
): PolicyDiagnostic[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
    return issue.code === 'unrecognized_keys'
      ? unknownKeys(file, path, issue)
      : [otherIssue(file, path, issue, families)];
  });
}

function unknownKeys(
  file: SourceFile,
  path: SourcePath,
  issue: z.core.$ZodIssueUnrecognizedKeys,
): PolicyDiagnostic[] {
  const known = issue.message.split(' ');
  return issue.keys.map((key) => {
    const help = didYouMean(key, known) || `; known keys: ${known.map((word) => `\`${word}\``).join(', ')}`;
    return file.atKey('ERR_POLICY_UNKNOWN_KEY', `unknown key \`${key}\`${placeOf(path)}${help}`, path, key);
  });
}

function otherIssue(
  file: SourceFile,
  path: SourcePath,
  issue: z.core.$ZodIssue,
  families: readonly string[],
): PolicyDiagnostic {
  const value = valueAt(file.value, path);
  if (value === undefined) {
    return file.at(
      'ERR_POLICY_VALUE',
      `missing key \`${path.at(-1) ?? ''}\`${placeOf(path.slice(0, -1))}`,
      path,
    );
  }
  const words = allowedWords(issue, path, families);
  if (words !== undefined && typeof value === 'string') {
    const help = didYouMean(value, words) || `; expected one of ${list(words)}`;
    return file.at('ERR_POLICY_UNKNOWN_NAME', `unknown word \`${value}\`${placeOf(path)}${help}`, path);
  }
  return file.at('ERR_POLICY_VALUE', `${expectation(issue, value)}${placeOf(path)}`, path);
}

function allowedWords(
  issue: z.core.$ZodIssue,
  path: SourcePath,
  families: readonly string[],
): readonly string[] | undefined {
  if (issue.code === 'invalid_value') {
    return issue.values.map(String);
  }
  if (issue.code === 'invalid_union' && path.at(-1) === 'on') {
    return families;
  }
  return undefined;
}

function expectation(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${article(issue.expected)}, got ${shown(value)}`;
    case 'invalid_value':
      return `expected one of ${list(issue.values.map(String))}, got ${shown(value)}`;
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `expected at least ${issue.minimum}, got ${shown(value)}`
        : `expected at least ${issue.minimum} ${issue.origin === 'string' ? 'character' : 'entry'}, got none`;
    case 'too_big':
      return `expected at most ${issue.maximum}, got more`;
    case 'invalid_format':
      return formatExpectation(issue, value);
    default:
      return issue.message.startsWith('expected') ? issue.message : `not accepted: ${shown(value)}`;
  }
}

/** What a pattern of the schema wants, in words; the pattern itself helps nobody. */
function formatExpectation(issue: z.core.$ZodIssue, value: unknown): string {
  const key = issue.path.findLast((part) => typeof part === 'string') ?? '';
  const wanted = FORMATS[String(key)];
  if (typeof value === 'string' && value.includes('*') && wanted === undefined) {
    return `\`*\` is not possible here, names are compared exactly: ${shown(value)}`;
  }
  return `expected ${wanted ?? 'a name without blanks at its start'}, got ${shown(value)}`;
}

const FORMATS: Readonly<Record<string, string>> = {
  id: 'an id of letters, digits, `.`, `_`, `-` (at most 100)',
  within: 'a duration such as `15m`',
  timeout: 'a duration such as `15s`',
  wait: 'a duration from `0s` to `5m`',
  for: 'a duration such as `10m`',
  bytes: 'a size such as `10MiB`',
  expires: 'a date, or a date-time with offset such as `2027-01-31T12:00:00Z`',
  from: 'a time such as `08:00`, or a date-time in a freeze',
  to: 'a time such as `18:00`',
  until: 'a date or date-time',
  except: 'dates such as `2026-12-24`',
  days: 'weekdays such as `mon` or `mon..fri`',
};

function placeOf(path: SourcePath): string {
  const names = path.map((key) => (typeof key === 'number' ? `[${key + 1}]` : `.${key}`)).join('');
  return names === '' ? '' : ` in \`${names.replace(/^\./, '')}\``;
}

function valueAt(value: unknown, path: SourcePath): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) {
      return undefined;
    }
    current = (current as Record<string | number, unknown>)[key];
  }
  return current;
}

function shown(value: unknown): string {
  if (value === null) {
    return 'nothing';
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return `\`${String(value).slice(0, 60)}\``;
  }
  return 'a map';
}

function article(type: string): string {
  const names: Readonly<Record<string, string>> = {
    array: 'a list',
    object: 'a map',
    record: 'a map',
    string: 'text',
    int: 'a whole number',
  };
  return names[type] ?? `a ${type}`;
}

function list(all: readonly string[]): string {
  const words = [...new Set(all)];
  const shownWords = words.slice(0, 12).map((word) => `\`${word}\``);
  return words.length > 12 ? `${shownWords.join(', ')}…` : shownWords.join(', ');
}
