import type { Script, Word, WordPart } from './syntax.ts';

/** Writes the script of a substitution: the grammar is recursive, the files are not. */
export type ScriptWriter = (script: Script) => string;

/**
 * Writes a word so that every POSIX shell reads it alike: text in single quotes, expansions bare or in double quotes. A `/`
 * behind a `~` must not be quoted, or the tilde is none (XCU 2.6.1).
 */
export function writeWord(word: Word, write: ScriptWriter): string {
  const [first, second, ...rest] = word;
  if (word.length === 0) return "''";
  if (first?.kind !== 'home' || second?.kind !== 'text') {
    return word.map((part) => writePart(part, write)).join('');
  }
  const tail = second.text.slice(1);
  const parts: readonly WordPart[] = tail === '' ? rest : [{ kind: 'text', text: tail }, ...rest];
  return `~/${parts.map((part) => writePart(part, write)).join('')}`;
}

function writePart(part: WordPart, write: ScriptWriter): string {
  switch (part.kind) {
    case 'text':
      return quote(part.text);
    case 'glob':
      return part.text;
    case 'home':
      return '~';
    default:
      return part.isQuoted ? `"${writeExpansion(part, write)}"` : writeExpansion(part, write);
  }
}

/** Quotes text for a shell: nothing is special in single quotes but the single quote (XCU 2.2.2). */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Writes the expansion itself, without quotes around it. */
export function writeExpansion(
  part: Extract<WordPart, { readonly kind: 'parameter' | 'arithmetic' | 'substitution' }>,
  write: ScriptWriter,
): string {
  switch (part.kind) {
    case 'parameter':
      return `\${${part.isLength ? '#' : ''}${part.name}${part.operation}}`;
    case 'arithmetic':
      return `$((${part.text}))`;
    case 'substitution': {
      const text = write(part.script);
      // A here-document ends in a line of its own; `((` would begin arithmetic.
      return text.includes('\n') && text.endsWith('\n') ? `$( ${text})` : `$( ${text} )`;
    }
  }
}
