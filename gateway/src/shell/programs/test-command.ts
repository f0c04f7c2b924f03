import type { Argument } from '../arguments.ts';
import { PLAIN, type ProgramFacts, type ProgramReader, unseen } from './program-facts.ts';

const UNARY = /^-[a-zA-Z]$/;

/** `-v` and `-R` take the name of a variable, whose index the shell evaluates. */
const EVALUATES = /^-[vR]$/;

const BINARY: ReadonlySet<string> = new Set([
  '=',
  '==',
  '!=',
  '<',
  '>',
  '-eq',
  '-ne',
  '-lt',
  '-le',
  '-gt',
  '-ge',
  '-nt',
  '-ot',
  '-ef',
]);

const NUMERIC: ReadonlySet<string> = new Set(['-eq', '-ne', '-lt', '-le', '-gt', '-ge']);

const KNOWN: ProgramFacts = { ...PLAIN, knowsFiles: true };

/** `test` and `[` by the number of their arguments, as POSIX has it (XCU, test): which of them are operators. */
export const readTest: ProgramReader = (args, name) => {
  const words = args.slice(1);
  if (name === '[' && words.pop()?.text !== ']') return unseen('options', name);
  if (words.some(({ isMany }) => isMany)) return unseen('arguments', name);
  const verdict = judge(words);
  return verdict === undefined ? KNOWN : unseen(verdict, name);
};

function judge(words: readonly Argument[]): 'options' | 'arguments' | undefined {
  const [first, second] = words;
  switch (words.length) {
    case 0:
    case 1:
      return undefined;
    case 2:
      if (first?.text === undefined) return 'arguments';
      return first.text === '!' || (UNARY.test(first.text) && !EVALUATES.test(first.text))
        ? undefined
        : 'options';
    case 3:
      if (second?.text !== undefined && BINARY.has(second.text)) {
        return NUMERIC.has(second.text) ? numbersOnly(words) : undefined;
      }
      return first?.text === '!' ? judge(words.slice(1)) : allKnown(words);
    case 4:
      return first?.text === '!' ? judge(words.slice(1)) : allKnown(words);
    default:
      return allKnown(words);
  }
}

/** Some shells evaluate what is compared as a number. */
function numbersOnly([left, , right]: readonly Argument[]): 'options' | undefined {
  const isNumber = (arg: Argument | undefined): boolean =>
    arg?.text === undefined || /^-?[0-9]+$/.test(arg.text);
  return isNumber(left) && isNumber(right) ? undefined : 'options';
}

/** Of more arguments each may be an operator. */
function allKnown(words: readonly Argument[]): 'options' | 'arguments' | undefined {
  if (words.some(({ text }) => text === undefined)) return 'arguments';
  return words.some(({ text }) => EVALUATES.test(text ?? '')) ? 'options' : undefined;
}
