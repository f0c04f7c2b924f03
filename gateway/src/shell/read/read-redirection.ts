import type { HereDoc, Redirection as ParsedRedirection, RedirectDescriptor } from 'unbash';
import type { FileOperator, Redirection, Word } from '../syntax.ts';
import { textOf } from '../syntax.ts';
import { joinText, readQuoted, readWord } from './read-word.ts';
import { countContinuations, type Reading, refuse } from './reading.ts';

/** Reads one redirection; bash's short forms become the two that they stand for. */
export function readRedirection(parsed: ParsedRedirection, reading: Reading): readonly Redirection[] {
  const descriptor = readDescriptor(parsed.descriptor, reading);
  if (parsed.type === 'HereDoc') {
    return [{ kind: 'document', descriptor, body: readBody(parsed, reading) }];
  }
  if (parsed.target === undefined) {
    refuse(reading, 'a redirection without a file', parsed);
    return [];
  }
  if (parsed.type === 'HereString') {
    const word = readWord(parsed.target, 'value', reading);
    return [{ kind: 'document', descriptor, body: joinText([...word, { kind: 'text', text: '\n' }]) }];
  }
  const file = readWord(parsed.target, 'pattern', reading);
  switch (parsed.operator) {
    case '<&':
    case '>&':
      return duplicate(parsed, { descriptor, operator: parsed.operator, file }, reading);
    case '&>':
    case '&>>':
      return both(parsed.operator === '&>' ? '>' : '>>', file);
    default:
      return [{ kind: 'file', descriptor, operator: parsed.operator, file }];
  }
}

function duplicate(
  node: { readonly pos: number },
  read: { descriptor: number | undefined; operator: '<&' | '>&'; file: Word },
  reading: Reading,
): readonly Redirection[] {
  const { descriptor, operator, file } = read;
  const to = textOf(file);
  if (to !== undefined && /^(?:[0-9]|-)$/.test(to)) return [{ kind: 'duplicate', descriptor, operator, to }];
  // `>&file` is the older form of `&>file`, where no number can be meant.
  if (operator === '>&' && descriptor === undefined && to !== undefined && /^[^0-9-]/.test(to)) {
    return both('>', file);
  }
  refuse(reading, 'a redirection to a descriptor that is not known', node);
  return [];
}

function both(operator: FileOperator, file: Word): readonly Redirection[] {
  return [
    { kind: 'file', descriptor: undefined, operator, file },
    { kind: 'duplicate', descriptor: 2, operator: '>&', to: '1' },
  ];
}

function readDescriptor(descriptor: RedirectDescriptor | undefined, reading: Reading): number | undefined {
  if (descriptor === undefined) return undefined;
  if (descriptor.type === 'FileDescriptor' && descriptor.value <= 9) return descriptor.value;
  refuse(reading, 'a file descriptor with a name, or above 9', descriptor);
  return undefined;
}

function readBody(parsed: HereDoc, reading: Reading): Word {
  const { body, closing, delimiter, operator } = parsed;
  const isStripped = operator === '<<-';
  if (closing === undefined || delimiter === undefined) {
    refuse(reading, 'a here-document without its last line', parsed);
    reading.openDocument ??= delimiter?.value;
  }
  const isLiteral = delimiter?.quoted === true;
  if (isStripped && !isLiteral && /[\\$`]/.test(body.text)) {
    refuse(reading, 'a here-document of `<<-` with expansions; use `<<`', parsed);
  }
  if (isLiteral) reading.quotedContinuations += countContinuations(body.text);
  const lines = isStripped ? body.text.replace(/^\t+/gm, '') : body.text;
  if (isLiteral || (isStripped && !/[\\$`]/.test(lines))) return joinText([{ kind: 'text', text: lines }]);
  if (body.parts === undefined) return joinText([{ kind: 'text', text: undone(lines) }]);
  return joinText(body.parts.flatMap((part) => readDocumentPart(part, reading)));
}

function readDocumentPart(
  part: NonNullable<HereDoc['body']['parts']>[number],
  reading: Reading,
): ReturnType<typeof readQuoted> {
  switch (part.type) {
    case 'Literal':
    case 'SimpleExpansion':
    case 'ParameterExpansion':
    case 'CommandExpansion':
    case 'ArithmeticExpansion':
      return readQuoted(part, reading);
    default:
      refuse(reading, 'a here-document that cannot be read', part);
      return [];
  }
}

/** Takes backslashes off a here-document without expansions (XCU 2.7.4). */
function undone(text: string): string {
  return text.replace(/\\([\\$`\n])/g, (_, escaped: string) => (escaped === '\n' ? '' : escaped));
}
