/** Keys of a terminal: the characters and sequences that they send (ECMA-48, XTerm). Pure. */

/** A key, `text` where it is a character of a line. */
export interface Key {
  readonly name: string;
  readonly text: string;
  /** UTF-16 units that it takes. */
  readonly length: number;
}

const CONTROLS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\u0001': 'home',
  '\u0002': 'left',
  '\u0003': 'interrupt',
  '\u0004': 'end-of-input',
  '\u0005': 'end',
  '\u0006': 'right',
  '\b': 'backspace',
  '\t': 'text',
  '\u000b': 'kill-rest',
  '\u000c': 'redraw',
  '\u000e': 'following',
  '\u0010': 'previous',
  '\u0015': 'kill-line',
  '\u0017': 'kill-word',
  '\u007f': 'backspace',
};

const SEQUENCES: Readonly<Record<string, string>> = {
  A: 'previous',
  B: 'following',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  '1~': 'home',
  '3~': 'delete',
  '4~': 'end',
  '7~': 'home',
  '8~': 'end',
};

/** Longest sequence that is waited for. */
const LONGEST = 32;
const SEQUENCE = /^\u001b(?:\[([0-?]*[ -/]*[@-~])|O([@-~])|([^[O]))/;
const PREFIX = /^\u001b(?:\[[0-?]*[ -/]*|O)?$/;

/** The key that begins at a place; undefined where more has to come. */
export function readKey(text: string, at: number): Key | undefined {
  const first = text[at] ?? '';
  if (first === '\u001b') return readSequence(text.slice(at, at + LONGEST));
  // A line end of two characters is one.
  const length = first === '\r' && text[at + 1] === '\n' ? 2 : 1;
  const control = CONTROLS[first];
  if (control !== undefined) return { name: control, text: first, length };
  if (first < ' ' || (first >= '\u007f' && first < '\u00a0')) return { name: 'none', text: '', length: 1 };
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return { name: 'text', text: character, length: character.length };
}

/** Whether this may be the beginning of a key. */
export function isPrefixOfKey(text: string): boolean {
  return text.length < LONGEST && PREFIX.test(text);
}

function readSequence(text: string): Key | undefined {
  const match = SEQUENCE.exec(text);
  if (match === null) return isPrefixOfKey(text) ? undefined : { name: 'none', text: '', length: 1 };
  const name = SEQUENCES[match[1] ?? match[2] ?? ''] ?? 'none';
  return { name, text: '', length: match[0].length };
}
