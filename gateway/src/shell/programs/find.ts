import type { Argument } from '../arguments.ts';
import { optionTable, readOptions } from './options.ts';
import { type FileUse, type InnerRun, PLAIN, type ProgramReader, unseen } from './program-facts.ts';

const RUNS: ReadonlySet<string> = new Set(['-exec', '-execdir', '-ok', '-okdir']);
const WRITES: ReadonlySet<string> = new Set(['-fprint', '-fprint0', '-fls', '-fprintf']);

/** `find`: where it looks, what it deletes and writes, and each command that it runs, with `{}` not known. */
export const readFind: ProgramReader = (args, name) => {
  const start = args.findIndex(
    ({ text }, index) => index > 0 && !(text !== undefined && /^-[HLP]$/.test(text)),
  );
  const expression = args.findIndex(
    ({ lead, text, isMany }, index) =>
      index > 0 && (/^[-(!,]/.test(lead) || (text === undefined && lead === '') || (isMany && lead === '')),
  );
  const end = expression === -1 ? args.length : expression;
  const roots = (start === -1 ? [] : args.slice(start, end)).map(({ word }) => word);
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
  return { ...PLAIN, runs, reads: below, writes };
};

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
  if (replaced !== undefined && (replaced.value ?? '') === '') return unseen('options', name);
  const run: InnerRun = { from: read.next, to: args.length, form: 'words' };
  const withData: InnerRun =
    replaced?.value === undefined ? { ...run, isOpenEnded: true } : { ...run, placeholder: replaced.value };
  return { ...PLAIN, isOwn: false, runs: [withData] };
};
