import type { ArgvWord } from '../names/argv-pattern.ts';
import type { Word, WordPart } from './syntax.ts';
import { textOf } from './syntax.ts';

/** One word of a command as its program gets it, as far as that is known. */
export interface Argument {
  readonly word: Word;
  /** The whole text, where it is known. */
  readonly text: string | undefined;
  /** What it surely begins with. */
  readonly lead: string;
  /** It may become any number of words, or none; all begin with `lead`. */
  readonly isMany: boolean;
}

/** Arguments of words. */
export function toArguments(words: readonly Word[]): readonly Argument[] {
  return words.map((word) => {
    const text = textOf(word);
    return text === undefined
      ? {
          word,
          text,
          lead: leadOf(word),
          isMany: word.some((part) => part.kind === 'glob' || maySplit(part)),
        }
      : { word, text, lead: text, isMany: false };
  });
}

/** Files that a glob finds begin as it does; of what is split the second word may be anything. */
function leadOf(word: Word): string {
  if (word.some(maySplit)) return '';
  const [first] = word;
  if (first?.kind === 'home') return '/';
  return first?.kind === 'text' ? first.text : '';
}

/** Whether what a part becomes may be split into words, or be none. */
function maySplit(part: WordPart): boolean {
  switch (part.kind) {
    case 'text':
    case 'home':
    case 'glob':
      return false;
    case 'parameter':
      return !part.isQuoted || part.name === '@';
    default:
      return !part.isQuoted;
  }
}

/**
 * Where the `--` is behind which there is no option; -1 where there is none. One behind an option may be the value of that:
 * `tar -f -- --checkpoint-action=…`.
 */
export function endOfOptions(args: readonly Argument[]): number {
  return args.findIndex(({ text }, index) => {
    const before = args[index - 1];
    return text === '--' && before !== undefined && (index === 1 || !mayTakeNext(before));
  });
}

function mayTakeNext(arg: Argument): boolean {
  return mayBeOption(arg) && !/^--[^=]*=/.test(arg.lead);
}

/** Whether it may be an option: nothing says that it is none. */
export function mayBeOption({ lead, text }: Argument): boolean {
  return text === undefined ? lead === '' || lead.startsWith('-') : lead.startsWith('-') && text !== '-';
}

/** As policies compare it: see `names/argv-pattern.ts`. */
export function toArgvWord({ text, word, isMany }: Argument): ArgvWord {
  if (text !== undefined) return [text];
  return isMany ? 'many' : word.map((part) => (part.kind === 'text' ? part.text : undefined));
}
