import type { Argument } from '../arguments.ts';
import { optionTable, readOptions } from './options.ts';
import { type FileUse, type InnerRun, PLAIN, type ProgramReader, unseen } from './program-facts.ts';

const RUNS: ReadonlySet<string> = new Set(['-exec', '-execdir', '-ok', '-okdir']);
const WRITES: ReadonlySet<string> = new Set(['-fprint', '-fprint0', '-fls', '-fprintf']);

/** `find`: where it looks, what it deletes and writes, and each command that it runs, with `{}` not known. */
export const readFind: ProgramReader = (args, name) => {
  const start = rootsAt(args);
  if (start === undefined) return unseen('options', name);
  const expression = args.findIndex((arg, index) => index >= start && mayBeginExpression(arg));
  const end = expression === -1 ? args.length : expression;
  const roots = args.slice(start, end).map(({ word }) => word);
  const found = roots.length === 0 ? [[{ kind: 'text' as const, text: '.' }]] : roots;
  const below = found.map((word): FileUse => ({ word, isDeep: true }));
  const rest = args.slice(end);
  if (rest.some(({ text }) => text === undefined) && !rest.every((arg) => isHarmlessValue(arg))) {
    return unseen('arguments', name, { reads: below });
  }
  if (rest.some(({ text }) => text === '-files0-from')) return unseen('options', name);
  const runs: InnerRun[] = [];
  const writes: FileUse[] = [];
  for (let at = end; at < args.length; at += 1) {
    const text = args[at]?.text ?? '';
    const following = args[at + 1];
    if (text === '-delete') writes.push(...below);
    if (WRITES.has(text) && following !== undefined) writes.push({ word: following.word, isDeep: false });
    if (!RUNS.has(text)) continue;
    const close = args.findIndex(
      ({ text: one }, index) =>
        index > at && (one === ';' || (one === '+' && args[index - 1]?.text === '{}')),
    );
    if (close === -1) return unseen('options', name);
    runs.push({ from: at + 1, to: close, form: 'words', placeholder: '{}', isElsewhere: true });
    at = close;
  }
  return { ...PLAIN, knowsFiles: true, runs, reads: below, writes };
};

/** Behind the options that stand before the folders; undefined with one that is not known. */
function rootsAt(args: readonly Argument[]): number | undefined {
  let at = 1;
  while (/^-[HLP]$/.test(args[at]?.text ?? '')) at += 1;
  return /^-[DO-]/.test(args[at]?.text ?? '') ? undefined : at;
}

function mayBeginExpression({ text, lead }: Argument): boolean {
  return /^[-(!,)]/.test(lead) || (text === undefined && lead === '');
}

/** A value such as that of `-name`, of which only the end is not known. */
function isHarmlessValue({ text, lead, isMany }: Argument): boolean {
  return text !== undefined || (!isMany && lead !== '' && !lead.startsWith('-') && !/^[;+(!,]/.test(lead));
}

const XARGS = optionTable('0rtxd:E:I:L:n:P:s:', [
  'null',
  'no-run-if-empty',
  'verbose',
  'exit',
  'delimiter=',
  'max-lines=',
  'max-args=',
  'max-procs=',
  'max-chars=',
  'replace=',
]);

/** `xargs command`: arguments that come from data are added behind it, or in place of a text. */
export const readXargs: ProgramReader = (args, name) => {
  const read = readOptions(args, 1, XARGS);
  if (read === undefined) return unseen('options', name);
  if (read.next >= args.length) return PLAIN;
  const replaced = read.options.findLast((option) => option.name === '-I' || option.name === '--replace');
  // With both, the later one counts, by rules that differ.
  const isCounted = read.options.some((option) => /^-[nL]$|^--max-(?:args|lines)$/.test(option.name));
  if (replaced !== undefined && ((replaced.value ?? '') === '' || isCounted)) return unseen('options', name);
  const run: InnerRun = { from: read.next, to: args.length, form: 'words' };
  const withData: InnerRun =
    replaced?.value === undefined ? { ...run, isOpenEnded: true } : { ...run, placeholder: replaced.value };
  return { ...PLAIN, isOwn: false, runs: [withData] };
};
