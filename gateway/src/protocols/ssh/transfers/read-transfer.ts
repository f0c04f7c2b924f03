/** Commands that move files: what their words say. Every other text is a command like all others. */
import { type PlainCommand, readPlainCommand } from '../../../shell/plain-command.ts';
import { textOf, type Word } from '../../../shell/syntax.ts';
import { type RsyncTransfer, readRsync } from './read-rsync.ts';

/** The legacy protocol of scp, on the machine's side. */
export interface ScpTransfer {
  readonly kind: 'scp';
  /** `to`: the machine gets files. */
  readonly direction: 'to' | 'from';
  readonly isRecursive: boolean;
  /** With times and permissions. */
  readonly keeps: boolean;
  /** The target has to be a folder. */
  readonly isFolder: boolean;
  readonly paths: readonly Word[];
}

/** A repository of git. */
export interface GitTransfer {
  readonly kind: 'git';
  readonly program: string;
  readonly operation: 'FETCH' | 'PUSH';
  readonly path: Word;
}

/** One of these programs with words that say something else. */
export interface RefusedTransfer {
  readonly kind: 'refused';
  readonly via: 'scp' | 'rsync' | 'git';
  readonly reason: string;
}

/** What a text moves. */
export type Transfer = ScpTransfer | RsyncTransfer | GitTransfer | RefusedTransfer;

const GIT: ReadonlyMap<string, GitTransfer['operation']> = new Map([
  ['git-upload-pack', 'FETCH'],
  ['git-upload-archive', 'FETCH'],
  ['git-receive-pack', 'PUSH'],
]);

/** Reads the text of a command; undefined where it moves no files. Never throws. */
export function readTransfer(text: string): Transfer | undefined {
  // Most commands are none of these: they are parsed but once.
  if (!/\b(?:scp|rsync|git-(?:upload|receive))/.test(text)) return undefined;
  const command = readPlainCommand(text);
  if (command === undefined) return undefined;
  const { name, words } = command;
  if (name === 'scp') return readScp(command);
  if (name === 'rsync') {
    return words.some((word) => textOf(word) === '--server') ? readRsync(words) : undefined;
  }
  const operation = GIT.get(name);
  if (operation === undefined) return undefined;
  const [path, ...more] = words;
  if (
    path === undefined ||
    more.length > 0 ||
    textOf(path) === '' ||
    textOf(path)?.startsWith('-') === true
  ) {
    return { kind: 'refused', via: 'git', reason: `${name} takes one path here, and no options` };
  }
  return { kind: 'git', program: name, operation, path };
}

/** `scp -t` and `scp -f`; without one of them it is a client, a command like all others. */
function readScp({ words }: PlainCommand): Transfer | undefined {
  let letters = '';
  let at = 0;
  for (; at < words.length; at += 1) {
    const text = textOf(words[at] ?? []);
    if (text === '--') {
      at += 1;
      break;
    }
    if (text?.startsWith('-') !== true || text === '-') break;
    letters += text.slice(1);
  }
  const isTo = letters.includes('t');
  if (isTo === letters.includes('f')) return isTo ? odd('both -t and -f') : undefined;
  const unknown = /[^tfrpdvq]/.exec(letters);
  if (unknown !== null) return odd(`the option -${unknown[0]}`);
  const paths = words.slice(at);
  if (paths.length === 0 || (isTo && paths.length !== 1)) return odd('other than one target');
  return {
    kind: 'scp',
    direction: isTo ? 'to' : 'from',
    isRecursive: letters.includes('r'),
    keeps: letters.includes('p'),
    isFolder: letters.includes('d'),
    paths,
  };
}

function odd(what: string): RefusedTransfer {
  return { kind: 'refused', via: 'scp', reason: `scp with ${what}` };
}
