import type {
  ArithmeticExpansionPart,
  CommandExpansionPart,
  ParameterExpansionPart,
  SimpleExpansionPart,
} from 'unbash';
import type { WordPart } from '../syntax.ts';
import { deeper, type Reading, refuse } from './reading.ts';

export type Expansion =
  | SimpleExpansionPart
  | ParameterExpansionPart
  | CommandExpansionPart
  | ArithmeticExpansionPart;

/** Variables, positional and special parameters (XBD 3.216, XCU 2.5). */
const NAME = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])$/;

/** Operators that neither assign nor end the shell, with words that no shell reads in another way. */
const OPERATION = /^(?::?[-+]|##?|%%?)[A-Za-z0-9_./:@+,=*?-]*$/;

/** Digits and operators: a name would be evaluated, and its value may hold a command (`a[$(id)]`). */
const ARITHMETIC = /^[0-9\s+*/%()<>&|^~!?:-]*$/;

/** Reads one expansion; `isQuoted` where its result is not split into words. */
export function readExpansion(part: Expansion, isQuoted: boolean, reading: Reading): WordPart[] {
  switch (part.type) {
    case 'SimpleExpansion':
      return readParameter(
        part,
        { name: part.text.slice(1), operation: '', isLength: false, isQuoted },
        reading,
      );
    case 'ParameterExpansion':
      return readBraced(part, isQuoted, reading);
    case 'CommandExpansion':
      return readSubstitution(part, isQuoted, reading);
    case 'ArithmeticExpansion':
      return readArithmetic(part, isQuoted, reading);
  }
}

function readBraced(part: ParameterExpansionPart, isQuoted: boolean, reading: Reading): WordPart[] {
  if (part.prefix === '!' || part.index !== undefined) {
    refuse(reading, 'an indirect or indexed parameter, which may name any variable', part);
    return [];
  }
  const isLength = part.prefix === '#';
  const written = `\${${isLength ? '#' : ''}${part.parameter}`;
  if (!part.text.startsWith(written) || !part.text.endsWith('}')) {
    refuse(reading, 'a parameter expansion that cannot be read', part);
    return [];
  }
  const operation = part.text.slice(written.length, -1);
  return readParameter(part, { name: part.parameter, operation, isLength, isQuoted }, reading);
}

function readParameter(
  node: { readonly pos: number },
  read: { name: string; operation: string; isLength: boolean; isQuoted: boolean },
  reading: Reading,
): WordPart[] {
  const isKnown = read.operation === '' || (!read.isLength && OPERATION.test(read.operation));
  if (!NAME.test(read.name) || !isKnown) {
    refuse(reading, 'an expansion that assigns, transforms or cannot be read', node);
    return [];
  }
  return [{ kind: 'parameter', ...read }];
}

function readSubstitution(part: CommandExpansionPart, isQuoted: boolean, reading: Reading): WordPart[] {
  const { script } = part;
  if (script === undefined || !(part.text.startsWith('$(') || part.text.startsWith('`'))) {
    refuse(reading, 'a command substitution that cannot be read', part);
    return [];
  }
  const read = deeper(reading, part, () => reading.readScript(script, reading), { items: [] });
  if (read.items.length === 0 && reading.faults.length === 0) {
    refuse(reading, 'a command substitution without a command', part);
  }
  return [{ kind: 'substitution', script: read, isQuoted }];
}

function readArithmetic(part: ArithmeticExpansionPart, isQuoted: boolean, reading: Reading): WordPart[] {
  const text = part.text.startsWith('$((') && part.text.endsWith('))') ? part.text.slice(3, -2) : undefined;
  if (text === undefined || !ARITHMETIC.test(text) || !/[0-9]/.test(text)) {
    refuse(reading, 'arithmetic on names, whose values the shell evaluates', part);
    return [];
  }
  return [{ kind: 'arithmetic', text: text.replace(/\s+/g, ' ').trim(), isQuoted }];
}
