/** Statements as they are recorded and shown: what meets a masked column is digested (P5). */
import type { ValueDigests } from '../../../masking/replace/digest.ts';
import type { FieldUse } from '../../../model/facts.ts';
import { valuesMet } from '../../../model/values-met.ts';
import type { ColumnPatterns } from '../../../names/column-patterns.ts';
import { literalValue, nextLiteral } from '../../../sql/postgres/literal-tokens.ts';
import { readsCursor, type Statement } from './statement.ts';

/** Longest statement text recorded whole, in UTF-16 code units; longer ones keep their head and a digest. */
export const RECORDED_TEXT = 65_536;

/** What of a statement is hidden, and by what. */
export interface RecordedForm {
  /** The text with digests in the place of literals; its head, where it is longer than what is recorded. */
  readonly text: string;
  readonly isCut: boolean;
  /** Whether the value of a parameter, counted from 0, is digested. */
  hides(index: number): boolean;
  /** COPY data from the client holds values of a masked column. */
  readonly hidesData: boolean;
  /** As it stands in records: `[digest key:…]`. */
  digest(value: string | Uint8Array): string;
}

/** What is hidden of one statement of a text. */
interface Hidden {
  readonly end: number;
  /** Nothing is hidden, all is, or what is not known to meet other columns only. */
  readonly how: 'nothing' | 'everything' | 'in part';
  readonly literals: ReadonlySet<number>;
  readonly attributed: ReadonlySet<number>;
  readonly parameters: ReadonlySet<number>;
  readonly attributedParameters: ReadonlySet<number>;
}

const NONE: ReadonlySet<number> = new Set();

/** The form of a statement; `undefined` where nothing of it is hidden. */
export function recordedForm(
  statement: Statement,
  columns: ColumnPatterns,
  digests: ValueDigests,
): RecordedForm | undefined {
  const parts = hiddenParts(statement, columns);
  if (parts.every(({ how }) => how === 'nothing')) return undefined;
  const digest = (value: string | Uint8Array): string => `[digest ${digests.digest(value)}]`;
  const text = withDigests(statement.text, parts, digest);
  return {
    text: text.slice(0, RECORDED_TEXT),
    isCut: text.length > RECORDED_TEXT,
    hides: (index) => parts.some((part) => hidesParameter(part, index + 1)),
    hidesData: statement.copiesIn && parts.some(({ how }) => how !== 'nothing'),
    digest,
  };
}

function hiddenParts(statement: Statement, columns: ColumnPatterns): readonly Hidden[] {
  const { facts, infos, text } = statement;
  const isOneText = infos.length !== facts.statements.length || infos.length < 2;
  // What nobody could take apart may hold anything anywhere; so may text whose statements have no places.
  const isOpaque = facts.statements.some(({ opaque, fields }) => opaque.length > 0 || fields === undefined);
  if (isOpaque) return [everything(text.length)];
  if (isOneText) {
    const uses = facts.statements.flatMap(({ fields }) => fields ?? []);
    return [infos.some(readsCursor) ? nothing(text.length) : hiddenPart(uses, columns, text.length)];
  }
  return facts.statements.map(({ fields }, index) => {
    const info = infos[index];
    const end = infos[index + 1]?.location.start ?? text.length;
    // A FETCH has the uses of its cursor, and no values.
    if (info === undefined) return everything(end);
    return readsCursor(info) ? nothing(end) : hiddenPart(fields ?? [], columns, end);
  });
}

function everything(end: number): Hidden {
  return { ...nothing(end), how: 'everything' };
}

function nothing(end: number): Hidden {
  return {
    end,
    how: 'nothing',
    literals: NONE,
    attributed: NONE,
    parameters: NONE,
    attributedParameters: NONE,
  };
}

function hiddenPart(uses: readonly FieldUse[], columns: ColumnPatterns, end: number): Hidden {
  const met = uses.filter((use) => isTouched(use) && use.names.some((name) => columns.mayMatch(name)));
  if (met.length === 0) return nothing(end);
  // By which of its columns a view hands a masked one out is not known.
  if (met.some(({ as, by }) => as === 'carried' && by?.dimension !== 'functions')) return everything(end);
  return {
    end,
    how: 'in part',
    literals: valuesMet(met, 'literals'),
    parameters: valuesMet(met, 'parameters'),
    attributed: valuesMet(uses, 'literals'),
    attributedParameters: valuesMet(uses, 'parameters'),
  };
}

/** What is handed out alone meets nothing that the client sent. */
function isTouched({ as, values }: FieldUse): boolean {
  return as !== 'output' || values !== undefined;
}

function hidesParameter({ how, parameters, attributedParameters }: Hidden, number: number): boolean {
  if (how !== 'in part') return how === 'everything';
  return parameters.has(number) || !attributedParameters.has(number);
}

function withDigests(text: string, parts: readonly Hidden[], digest: (value: string) => string): string {
  const isLiteral = (start: number): boolean => parts.some((part) => part.attributed.has(start));
  let done = '';
  let at = 0;
  let index = 0;
  while (done.length <= RECORDED_TEXT) {
    const literal = nextLiteral(text, at, isLiteral);
    const gapEnd = literal?.start ?? text.length;
    while (index < parts.length - 1 && (parts[index]?.end ?? 0) <= gapEnd) index += 1;
    const part = parts[index];
    const gap = text.slice(at, gapEnd);
    done += part?.how === 'everything' ? withoutComments(gap) : gap;
    if (literal === undefined) break;
    const own = text.slice(literal.start, literal.end);
    done += hidesLiteral(part, literal.from, literal.start) ? `'${digest(literalValue(own))}'` : own;
    at = literal.end;
  }
  return done;
}

function hidesLiteral(part: Hidden | undefined, from: number, start: number): boolean {
  if (part === undefined || part.how === 'everything') return true;
  if (part.how === 'nothing') return false;
  let isAttributed = false;
  for (let at = from; at <= start; at += 1) {
    if (part.literals.has(at)) return true;
    isAttributed ||= part.attributed.has(at);
  }
  return !isAttributed;
}

/** There is no literal in it, so whatever looks like a comment is one, to its end or to the end of the text. */
function withoutComments(gap: string): string {
  const comment = gap.search(/--|\/\*/);
  return comment < 0 ? gap : `${gap.slice(0, comment).trimEnd()} `;
}
