import { type Argument, endOfOptions, mayBeOption } from '../arguments.ts';
import type { Hazard } from './hazards.ts';

/** Whether arguments have, or may have, an option or word by which the program runs something. */
export function findHazard(args: readonly Argument[], hazard: Hazard): 'none' | 'found' | 'possible' {
  const dashes = endOfOptions(args);
  // Behind `--` no option follows; words count everywhere.
  const before = dashes === -1 ? args.slice(1) : args.slice(1, dashes);
  const isFound =
    before.some((arg) => isHazard(arg, hazard)) ||
    (hazard.isOldStyle === true && hasLetter(args[1]?.text ?? '', hazard)) ||
    args.slice(1).some(({ text }) => text !== undefined && hazard.words?.includes(text) === true) ||
    args.slice(1).some(({ text }) => text !== undefined && hazard.matching?.test(text) === true);
  if (isFound) return 'found';
  const hasOptions = hazard.short !== undefined || hazard.long !== undefined;
  const isPossible =
    (hasOptions && before.some((arg, at) => isUnknownOption(arg, before[at - 1], hazard))) ||
    ((hazard.words !== undefined || hazard.matching !== undefined) &&
      args.slice(1).some(({ text }) => text === undefined));
  return isPossible ? 'possible' : 'none';
}

/** Whether it may be an option that is not known, and no value of the one before. */
function isUnknownOption(arg: Argument, previous: Argument | undefined, { values }: Hazard): boolean {
  if (arg.text !== undefined || !mayBeOption(arg)) return false;
  const option = previous?.text ?? '';
  const isValue = /^-[A-Za-z]+$/.test(option) && values?.includes(option.at(-1) ?? '') === true;
  return arg.isMany || !isValue;
}

function isHazard({ text }: Argument, hazard: Hazard): boolean {
  if (text === undefined || !text.startsWith('-') || text === '-') return false;
  if (text.startsWith('--')) {
    const name = text.slice(2).split('=', 1)[0] ?? '';
    return hazard.long?.some((long) => name !== '' && long.startsWith(name)) === true;
  }
  return hasLetter(text.slice(1), hazard);
}

function hasLetter(letters: string, { short = '' }: Hazard): boolean {
  return [...letters].some((letter) => short.includes(letter));
}
