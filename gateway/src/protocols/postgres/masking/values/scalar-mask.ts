/** Masks of values of single types. */

import type { ValueMask } from '../value-mask.ts';
import { shapePseudonym } from '../value-types/pseudonym.ts';
import { CODECS } from '../value-types/scalar-codec.ts';
import type { ScalarKind } from '../value-types/value-type.ts';
import type { ColumnMasks, Counted } from './column-masks.ts';
import type { TypeMask } from './type-mask.ts';

/** Kinds whose values no detector can find anything in. */
const NEVER_SCANNED: ReadonlySet<ScalarKind> = new Set(['bool', 'int2', 'float4', 'float8', 'uuid', 'plain']);
/** Kinds that may hold a document. */
const DOCUMENTS: Partial<Readonly<Record<ScalarKind, 'json' | 'xml'>>> = {
  json: 'json',
  jsonb: 'json',
  xml: 'xml',
};
/** Kinds of which text and binary form are the same bytes. */
const AS_TEXT: ReadonlySet<ScalarKind> = new Set(['text', 'word', 'json', 'xml']);

/** Makes the mask of a kind; undefined where the masks have nothing to do with it. */
export function scalarMask(kind: ScalarKind, masks: ColumnMasks): TypeMask | undefined {
  const steps = stepsOf(kind, masks);
  if (steps.length === 0) return undefined;
  const { read, write, accepts } = CODECS[kind];
  const run = (value: string): string | undefined => {
    let text: string | undefined = value;
    for (const step of steps) {
      if (text === undefined) return undefined;
      text = step(text);
    }
    return text === undefined || text === value || accepts(text) ? text : undefined;
  };
  return {
    text: run,
    binary: (value) => {
      const text = read(value);
      // What cannot be read may be anything.
      if (text === undefined) return isUnreadable(kind, masks) ? undefined : value;
      const masked = run(text);
      if (masked === text) return value;
      if (masked === undefined) return undefined;
      return AS_TEXT.has(kind) ? Buffer.from(masked, 'utf8') : write(masked);
    },
  };
}

/** `infinity`, NaN and the like are no finding; a value of a type that we do not know is, and a broken one. */
function isUnreadable(kind: ScalarKind, masks: ColumnMasks): boolean {
  const isHarmless = kind === 'numeric' || kind === 'date' || kind === 'timestamp' || kind === 'timestamptz';
  return masks.whole !== undefined || !isHarmless;
}

type Step = (text: string) => string | undefined;

function stepsOf(kind: ScalarKind, masks: ColumnMasks): readonly Step[] {
  const contents = NEVER_SCANNED.has(kind) || masks.contents.length === 0 ? [] : [contentStep(kind, masks)];
  const paths = masks.paths.flatMap((counted): Step[] => {
    const step = pathStep(kind, counted);
    return step === undefined ? [] : [step];
  });
  // What is left of a whole value that was masked in part is looked through; the other way round, what stands for a
  // finding would be masked once more.
  return masks.whole === undefined ? [...contents, ...paths] : [wholeStep(kind, masks.whole), ...contents];
}

function contentStep(kind: ScalarKind, masks: ColumnMasks): Step {
  const form = DOCUMENTS[kind];
  const scan: Step = (value) => {
    let text: string | undefined = value;
    for (const { mask, tally } of masks.contents) {
      if (text === undefined) return undefined;
      const replaced: string | undefined =
        form === undefined ? mask.replace(text, masks.found) : mask.replaceIn(text, form, masks.found);
      if (replaced !== text) tally.values += 1;
      text = replaced;
    }
    return text;
  };
  if (kind === 'text' || form !== undefined) return scan;
  // A part of another type cannot be replaced.
  if (kind === 'bytea') {
    return (value) => {
      const text = byteaText(value);
      return scan(text) === text ? value : undefined;
    };
  }
  return (value) => (scan(value) === value ? value : undefined);
}

/** The bytes of a bytea as text: `\x` and hexadecimal digits, or its older escaped form as it is. */
function byteaText(value: string): string {
  return value.startsWith('\\x') ? Buffer.from(value.slice(2), 'hex').toString('utf8') : value;
}

function pathStep(kind: ScalarKind, { mask, tally }: ColumnMasks['paths'][number]): Step | undefined {
  const apply = (value: string, form: 'json' | 'xml'): string | undefined => {
    const replaced = mask.replace(value, form);
    if (replaced !== value) tally.values += 1;
    return replaced;
  };
  const form = DOCUMENTS[kind];
  if (form !== undefined) return (value) => apply(value, form);
  if (kind === 'text') {
    return (value) => {
      const start = /^\s*(.)/s.exec(value)?.[1] ?? '';
      if (start === '<') return apply(value, 'xml');
      return start === '{' || start === '[' ? apply(value, 'json') : value;
    };
  }
  if (kind !== 'opaque' && kind !== 'bytea') return undefined;
  // A document may be inside, and we cannot read it.
  return () => {
    tally.values += 1;
    return undefined;
  };
}

function wholeStep(kind: ScalarKind, { mask, method, tally, issue }: Counted<ValueMask>): Step {
  const replace = wholeReplacement(kind, mask, method);
  return (value) => {
    tally.values += 1;
    const replaced = replace(value);
    if (issue !== undefined && replaced !== undefined) issue(replaced, value);
    return replaced;
  };
}

/** What a method puts in place of a whole value of the kind; the caller checks that it is valid. */
function wholeReplacement(kind: ScalarKind, mask: ValueMask, method: Counted<ValueMask>['method']): Step {
  if (method === 'null' || kind === 'word' || kind === 'plain' || kind === 'opaque') return () => undefined;
  if (kind === 'text') return (value) => mask.replace(value);
  if (method === 'partial') return () => undefined;
  const form = DOCUMENTS[kind];
  if (form !== undefined) {
    return (value) => {
      const text = mask.replace(value);
      if (text === undefined) return undefined;
      if (form === 'xml')
        return text.replaceAll(/[<&>]/g, (sign) => (sign === '<' ? '&lt;' : sign === '&' ? '&amp;' : '&gt;'));
      return method === 'fixed' && CODECS.json.accepts(text) ? text : JSON.stringify(text);
    };
  }
  if (method === 'fixed') return (value) => mask.replace(value);
  if (method === 'pseudonym') {
    const { pseudonyms } = mask;
    return (value) => pseudonyms && shapePseudonym(kind, canonicalText(kind, value), pseudonyms);
  }
  return () => undefined;
}

/** One text for equal values, whichever format they come in. */
function canonicalText(kind: ScalarKind, value: string): string {
  if (kind === 'float8') return String(Number(value));
  if (kind === 'float4') return String(Math.fround(Number(value)));
  return kind === 'timestamptz' ? value.replace(/\+00(?::00)?$/, '') : value;
}
