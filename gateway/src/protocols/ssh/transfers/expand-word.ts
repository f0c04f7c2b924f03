/** Globs of paths, which a shell would expand on the machine: expanded by listings that are judged. */
import { plainText } from '../../../shell/plain-command.ts';
import type { Word } from '../../../shell/syntax.ts';
import { type FileWork, Refused } from '../sftp/file-work.ts';
import { openFolder } from '../sftp/open.ts';
import { OpenFolder } from '../sftp/open-folder.ts';
import { STATUS, TYPE } from '../sftp/wire/numbers.ts';

/** Of one word. */
const MOST_NAMES = 10_000;

type Segment = { readonly text: string } | { readonly pattern: readonly Token[] };

/** One place of a pattern: a character, any one, any number, or one of a class. */
type Token = { readonly character: string } | 'one' | 'many' | ((character: string) => boolean);

/**
 * The paths that a word stands for: itself where it has no globs, or where nothing fits, as in a shell. Refused where a folder on
 * the way may not be listed.
 */
export async function expandWord(work: FileWork, word: Word): Promise<readonly string[] | Refused> {
  const text = plainText(word, work.home);
  if (text !== undefined) return [text];
  let found: readonly string[] = [''];
  for (const segment of segmentsOf(word, work.home)) {
    if ('text' in segment) {
      found = found.map((path) => path + segment.text);
      continue;
    }
    const longer: string[] = [];
    for (const path of found) {
      const names = await namesOf(work, path === '' ? '.' : path);
      if (names instanceof Refused) return names;
      for (const name of names) {
        if (fits(segment.pattern, name) && longer.length < MOST_NAMES) longer.push(path + name);
      }
    }
    found = longer;
  }
  const sorted = [...found].sort();
  return sorted.length > 0 ? sorted : [word.map((part) => ('text' in part ? part.text : work.home)).join('')];
}

/** Text with its slashes, and patterns between them. */
function segmentsOf(word: Word, home: string): readonly Segment[] {
  const segments: Segment[] = [];
  let tokens: Token[] = [];
  const flush = (): void => {
    if (tokens.length > 0) {
      const text = tokens.map((token) => (typeof token === 'object' ? token.character : undefined));
      segments.push(text.includes(undefined) ? { pattern: tokens } : { text: text.join('') });
    }
    tokens = [];
  };
  for (const part of word) {
    if (part.kind === 'glob') {
      tokens.push(part.text === '*' ? 'many' : part.text === '?' ? 'one' : classOf(part.text));
      continue;
    }
    const text = part.kind === 'home' ? home : part.kind === 'text' ? part.text : '';
    for (const character of text) {
      if (character !== '/') {
        tokens.push({ character });
        continue;
      }
      flush();
      segments.push({ text: '/' });
    }
  }
  flush();
  return segments;
}

/** `[a-z]`, `[!a]`. */
function classOf(text: string): Token {
  const isNegated = /^\[[!^]/.test(text);
  const body = [...text.slice(isNegated ? 2 : 1, -1)];
  return (character) => {
    let isIn = false;
    for (let at = 0; at < body.length; at += 1) {
      const from = body[at] ?? '';
      const to = body[at + 1] === '-' ? body[at + 2] : undefined;
      if (to !== undefined) at += 2;
      if (character >= from && character <= (to ?? from)) isIn = true;
    }
    return isIn !== isNegated;
  };
}

/** Whether a name fits. A dot at its beginning has to be written. */
function fits(pattern: readonly Token[], name: string): boolean {
  const [first] = pattern;
  const isDotWritten = typeof first === 'object' && first.character === '.';
  if (name === '.' || name === '..' || (name.startsWith('.') && !isDotWritten)) return false;
  const characters = [...name];
  let at = 0;
  let token = 0;
  // Where to go on behind the last star: it takes one character more each time.
  let star = -1;
  let mark = 0;
  while (at < characters.length) {
    const wanted = pattern[token];
    const character = characters[at] ?? '';
    if (wanted === 'many') {
      star = token;
      mark = at;
      token += 1;
    } else if (isOne(wanted, character)) {
      at += 1;
      token += 1;
    } else if (star !== -1) {
      mark += 1;
      at = mark;
      token = star + 1;
    } else return false;
  }
  while (pattern[token] === 'many') token += 1;
  return token === pattern.length;
}

function isOne(wanted: Token | undefined, character: string): boolean {
  if (wanted === undefined || wanted === 'many') return false;
  if (wanted === 'one') return true;
  return typeof wanted === 'function' ? wanted(character) : wanted.character === character;
}

/** Names in a folder, without those that a rule hides; none where it cannot be listed. */
export async function namesOf(work: FileWork, path: string): Promise<readonly string[] | Refused> {
  const folder = await openFolder(work, path);
  if (folder instanceof Refused) return folder;
  if (!(folder instanceof OpenFolder)) return [];
  const names: string[] = [];
  try {
    while (names.length < MOST_NAMES) {
      const reply = await work.server.ask(folder.permit, TYPE.READDIR, [folder.remote]);
      if (reply.kind !== 'names' || reply.entries.length + reply.unreadable === 0) break;
      for (const { name } of folder.shown(reply.entries, reply.unreadable)) {
        if (name !== '.' && name !== '..') names.push(name);
      }
    }
    const closed = await work.server.ask(folder.permit, TYPE.CLOSE, [folder.remote]);
    folder.settle(closed.kind === 'status' && closed.code === STATUS.OK ? 'ok' : 'error');
    return names;
  } finally {
    folder.settle('error');
  }
}
