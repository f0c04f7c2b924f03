/** Masks, a catalog and peers in memory for the tests of this folder. */
import { createHmac } from 'node:crypto';
import type { MaskMethod } from '../../../../model/obligation.ts';
import { compileQualifiedName } from '../../../../names/qualified-name.ts';
import { encodeDataRow } from '../../wire/backend/data-row.ts';
import type { FieldDescription } from '../../wire/backend/row-description.ts';
import { MessageWriter } from '../../wire/message-writer.ts';
import type { SliceSink } from '../output-pool.ts';
import type { CatalogRelation, CatalogType, ColumnName, ResultCatalog } from '../result-catalog.ts';
import type { ColumnPattern, ResponseMask, ValueMask } from '../value-mask.ts';

/** Oid of `public.customers` in {@link testCatalog}. */
export const CUSTOMERS = 20_000;

function patternsOf(columns: readonly string[]): ColumnPattern[] {
  return columns.map((column) => {
    const pattern = compileQualifiedName(column);
    if (pattern === undefined) throw new Error(`cannot read ${column}`);
    return pattern;
  });
}

const digest = (text: string): Uint8Array => createHmac('sha256', 'key').update(text).digest();

const METHODS: Readonly<Record<MaskMethod, (value: string) => ValueMask>> = {
  null: () => ({ replace: () => undefined, digest }),
  redact: () => ({ replace: () => '[redacted]', digest }),
  fixed: (value) => ({ replace: () => value, digest }),
  pseudonym: () => ({
    replace: (text) => `p_${Buffer.from(digest(text)).toString('hex').slice(0, 12)}`,
    digest,
  }),
  partial: () => ({ replace: (text) => `${text.slice(0, 1)}***`, digest }),
};

/** A mask of whole values. */
export function whole(columns: readonly string[], method: MaskMethod, value = 'fixed'): ResponseMask {
  return {
    kind: 'whole',
    rule: `r-${method}`,
    method,
    patterns: patternsOf(columns),
    mask: METHODS[method](value),
  };
}

/** A mask that finds the word `secret`. */
export function detecting(columns: readonly string[] = []): ResponseMask {
  const mask = {
    mayFind: (bytes: Buffer, start: number, end: number) => bytes.subarray(start, end).includes('secret'),
    replace: (text: string, found: (detector: string) => void) => {
      if (!text.includes('secret')) return text;
      found('word');
      return text.replaceAll('secret', '######');
    },
  };
  return {
    kind: 'content',
    rule: 'r-detect',
    method: 'redact',
    patterns: patternsOf(columns),
    forColumn: () => mask,
  };
}

/** A mask of the top-level key `ssn` of JSON documents. */
export function atPath(columns: readonly string[]): ResponseMask {
  const replace = (text: string, form: 'json' | 'xml'): string | undefined => {
    if (form === 'xml') return text.replace(/<ssn>[^<]*<\/ssn>/, '<ssn/>');
    try {
      const value = JSON.parse(text) as Record<string, unknown>;
      return 'ssn' in value ? JSON.stringify({ ...value, ssn: null }) : text;
    } catch {
      return undefined;
    }
  };
  return { kind: 'paths', rule: 'r-path', method: 'null', patterns: patternsOf(columns), mask: { replace } };
}

/** What {@link testCatalog} knows. */
export interface TestCatalogContent {
  readonly columns?: Readonly<
    Record<string, { names: readonly ColumnName[]; carries?: readonly ColumnName[] }>
  >;
  readonly types?: Readonly<Record<number, CatalogType>>;
  readonly relation?: CatalogRelation;
}

/** `public.customers (id, email, name, ssn, note, data)`, and what is given. */
export function testCatalog(content: TestCatalogContent = {}): ResultCatalog {
  const names = ['id', 'email', 'name', 'ssn', 'note', 'data'];
  return {
    column: (table, number) => {
      const known = content.columns?.[`${table}.${number}`];
      if (known !== undefined) return { names: known.names, carries: known.carries ?? [] };
      const name = names[number - 1];
      return table === CUSTOMERS && name !== undefined
        ? { names: [['public', 'customers', name]], carries: [] }
        : undefined;
    },
    type: (oid) => content.types?.[oid],
    relation: () => content.relation,
  };
}

/** A column of `public.customers` unless said otherwise. */
export function field(name: string, changes: Partial<FieldDescription> = {}): FieldDescription {
  const attributeNumber = ['id', 'email', 'name', 'ssn', 'note', 'data'].indexOf(name) + 1;
  return {
    name,
    tableOid: CUSTOMERS,
    attributeNumber,
    typeOid: 25,
    typeSize: -1,
    typeModifier: -1,
    format: 'text',
    ...changes,
  };
}

/** A DataRow of text or bytes. */
export function row(...cells: readonly (string | Buffer | undefined)[]): Buffer {
  if (cells.every((cell) => typeof cell !== 'object')) return encodeDataRow(cells);
  const writer = new MessageWriter(0x44).uint16(cells.length);
  for (const cell of cells) writer.value(cell);
  return writer.finish();
}

/** Copies what is given out, as a socket would send it. */
export class Collector implements SliceSink {
  readonly #pieces: Buffer[] = [];

  add(bytes: Buffer, start = 0, end: number = bytes.length): void {
    this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

/** Cuts a stream at the places. */
export function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const inside = places.map((place) => place % (stream.length + 1));
  const sorted = [0, ...inside.sort((left, right) => left - right), stream.length];
  return sorted.slice(1).map((end, index) => stream.subarray(sorted[index], end));
}
