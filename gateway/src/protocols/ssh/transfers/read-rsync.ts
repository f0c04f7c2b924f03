/** `rsync --server`: which files its words are about, and whether there is something among them that nobody could judge. */
import { textOf, type Word } from '../../../shell/syntax.ts';
import type { RefusedTransfer } from './read-transfer.ts';

/** The machine's side of rsync. */
export interface RsyncTransfer {
  readonly kind: 'rsync';
  /** `from`: the machine sends files. */
  readonly direction: 'to' | 'from';
  /** As they are sent, in their order. */
  readonly options: readonly string[];
  readonly isRecursive: boolean;
  readonly deletes: boolean;
  readonly makesLinks: boolean;
  readonly makesHardLinks: boolean;
  readonly keepsAttributes: boolean;
  readonly paths: readonly Word[];
}

/**
 * Letters without a value that name no other file. Left out: `L`, `k` and `K`, which follow links; `s`, which has the paths
 * come by the stream; `R` of a receiver, whose names have folders in them.
 */
const LETTERS = 'vqunlWHogDtOJpAXrcdxzISEmybi';

/** Behind `e.` the client says what it knows of the protocol. */
const CLUSTER = /^-([A-Za-z]*?)(?:e[0-9]*\.[A-Za-z]*)?$/;

/** Long options that name no other file and run nothing; with a value, which is a number or a word. */
const LONG =
  /^--(?:server|sender|delete|delete-(?:before|during|after|delay|excluded)|force|partial|inplace|append|ignore-existing|existing|size-only|numeric-ids|ignore-errors|ignore-times|ignore-missing-args|no-(?:r|D|implied-dirs|W|i-r|inc-recursive)|inc-recursive|safe-links|fsync|mkpath|dirs|stats|omit-dir-times|omit-link-times|old-compress|new-compress|specials|(?:timeout|bwlimit|max-size|min-size|max-delete|modify-window|checksum-seed|compress-level|block-size|max-alloc|stop-after)=[0-9.]+[A-Za-z]*|(?:checksum-choice|compress-choice|log-format|out-format|skip-compress)=[A-Za-z0-9%,./_-]*)$/;

interface Options {
  readonly options: readonly string[];
  /** Of all clusters together. */
  readonly letters: string;
  readonly rest: readonly Word[];
}

/** Reads the words behind `rsync`. */
export function readRsync(words: readonly Word[]): RsyncTransfer | RefusedTransfer {
  const read = readOptions(words);
  if ('reason' in read) return read;
  const { options, letters, rest } = read;
  const isFrom = options.includes('--sender');
  // A dot stands in front of the paths; options among them would be read as such.
  const [dot, ...paths] = rest;
  const isWhole = textOf(dot ?? []) === '.' && (isFrom ? paths.length > 0 : paths.length === 1);
  if (!isWhole) return odd('other than one target');
  if (paths.some((path) => (textOf(path) ?? '').startsWith('-'))) return odd('an option among its paths');
  const has = (letter: string): boolean => letters.includes(letter);
  return {
    kind: 'rsync',
    direction: isFrom ? 'from' : 'to',
    options,
    isRecursive: has('r') || has('d') || options.includes('--dirs'),
    deletes: options.some((option) => option.startsWith('--delete')),
    makesLinks: has('l'),
    makesHardLinks: has('H'),
    keepsAttributes: /[ogtpAXDE]/.test(letters),
    paths,
  };
}

function readOptions(words: readonly Word[]): Options | RefusedTransfer {
  const end = words.findIndex((word) => {
    const text = textOf(word);
    return text === undefined || !text.startsWith('-') || text === '-';
  });
  const options = words.slice(0, end === -1 ? words.length : end).map((word) => textOf(word) ?? '');
  let letters = '';
  for (const option of options) {
    const cluster = option.startsWith('--') ? undefined : CLUSTER.exec(option);
    if (cluster === undefined ? !LONG.test(option) : cluster === null) {
      return odd(`the option ${option.slice(0, 40)}`);
    }
    letters += cluster?.[1] ?? '';
  }
  const unknown = [...letters].find(
    (letter) => !LETTERS.includes(letter) && !(letter === 'R' && options.includes('--sender')),
  );
  if (unknown !== undefined) return odd(`the option -${unknown}`);
  return { options, letters, rest: words.slice(options.length) };
}

function odd(what: string): RefusedTransfer {
  return { kind: 'refused', via: 'rsync', reason: `rsync with ${what}` };
}
