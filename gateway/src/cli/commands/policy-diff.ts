import { type CaseFile, parseCaseFile } from '../../policy/case-file.ts';
import type { CompiledPolicy } from '../../policy/compile.ts';
import { type CaseVerdict, type DecisionsDiff, diffDecisions } from '../../policy/diff/diff-decisions.ts';
import { diffParts, type KeyChange, type PartChange } from '../../policy/diff/diff-parts.ts';
import { policyParts } from '../../policy/diff/policy-parts.ts';
import { formatDiagnostic, type PolicyDiagnostic } from '../../policy/errors.ts';
import { formatDecision } from '../../policy/format-explanation.ts';
import type { CliContext } from '../command.ts';
import { asFulfilled } from '../fulfilment.ts';
import { diagnosticsAsJson, type PolicyInput, type PolicyOptions } from '../policy-input.ts';
import { printable } from '../printable.ts';

const MARKS = { added: '+', removed: '-', changed: '~' } as const;
/** Of a value in a line, in characters. */
const VALUE_WIDTH = 200;

/** Prints what `after` changes; exit code 0 for nothing, 1 for a difference, 2 where one of them is broken. */
export function diffPolicies(
  before: PolicyInput,
  after: PolicyInput,
  options: PolicyOptions,
  { io, setExitCode }: CliContext,
): void {
  const problems: PolicyDiagnostic[] = [];
  const [old, now] = [accepted(before, problems), accepted(after, problems)];
  const files = [after, before].flatMap((input) => casesOf(input, problems));
  if (old === undefined || now === undefined || problems.length > 0) {
    setExitCode(2);
    if (options.json === true)
      io.stdout.write(`${JSON.stringify({ errors: diagnosticsAsJson(problems) }, null, 2)}\n`);
    else problems.forEach((problem) => io.stderr.write(`${formatDiagnostic(problem)}\n`));
    return;
  }
  const parts = diffParts(partsOf(before, old), partsOf(after, now));
  const { bindings, settings, nowMs } = after;
  const environment = { bindings, resources: settings.resources, nowMs, oblige: asFulfilled };
  const decisions = diffDecisions(old, now, files, environment);
  setExitCode(parts.length > 0 || decisions.changes.length > 0 ? 1 : 0);
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify({ parts, ...decisions }, null, 2)}\n`
      : `${parts.map(formatPart).join('')}${formatDecisions(decisions)}`,
  );
}

/** Errors name the folder, as there are two. */
function accepted({ compiled, path }: PolicyInput, problems: PolicyDiagnostic[]): CompiledPolicy | undefined {
  if (compiled.ok) return compiled;
  problems.push(...compiled.errors.map((error) => ({ ...error, path: `${path}/${error.path}` })));
  return undefined;
}

function casesOf({ folder, bindings, path }: PolicyInput, problems: PolicyDiagnostic[]): readonly CaseFile[] {
  const families = bindings.map(({ family }) => family.name);
  return folder.testFiles.flatMap((file): CaseFile[] => {
    const parsed = parseCaseFile({ ...file, path: `${path}/${file.path}` }, families, problems);
    return parsed === undefined ? [] : [parsed];
  });
}

function partsOf({ folder, bindings }: PolicyInput, { presets }: CompiledPolicy) {
  return policyParts(
    folder.files,
    bindings.map(({ family }) => family),
    presets,
  );
}

function formatPart({ kind, id, change, source, keys }: PartChange): string {
  const name = kind === id ? kind : `${kind} ${id}`;
  const place = source === '' ? '' : `  (${source})`;
  const changed = keys.map((one) => `    ${one.key}:${formatChange(one)}\n`);
  return `${MARKS[change]} ${name}${place}\n${changed.join('')}`;
}

/** Entries that are gone and that are new; else both values. */
function formatChange({ before, after }: KeyChange): string {
  if (!Array.isArray(before) || !Array.isArray(after))
    return ` ${formatValue(before)} -> ${formatValue(after)}`;
  const entries = [
    ...before.map((one) => `- ${formatValue(one)}`),
    ...after.map((one) => `+ ${formatValue(one)}`),
  ];
  return entries.length === 1 ? ` ${entries[0]}` : entries.map((entry) => `\n      ${entry}`).join('');
}

function formatValue(value: unknown): string {
  return value === undefined ? '(absent)' : printable(JSON.stringify(value), VALUE_WIDTH);
}

function formatDecisions({ cases, changes }: DecisionsDiff): string {
  const lines = changes.map(
    ({ name, source, before, after }) =>
      `~ case ${printable(name)}  (${source})\n${formatVerdict('before', before)}${formatVerdict('after', after)}`,
  );
  return `${lines.join('')}${cases - changes.length} of ${cases} cases are decided as before\n`;
}

function formatVerdict(side: 'before' | 'after', verdict: CaseVerdict): string {
  const texts =
    'error' in verdict ? [`cannot be asked: ${verdict.error}`] : verdict.decisions.map(formatDecision);
  return texts.map((text) => `    ${side}: ${text.replace(/\n/g, '\n    ')}\n`).join('');
}
