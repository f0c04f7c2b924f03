/** Masks, a catalog and peers in memory for the tests of this folder. */

import { DetectorSet } from '../../../../masking/detector-set.ts';
import type { MaskTools } from '../../../../masking/mask-tools.ts';
import { ValueDigests } from '../../../../masking/replace/digest.ts';
import { MaskingKeys } from '../../../../masking/replace/masking-keys.ts';
import { Pseudonyms } from '../../../../masking/replace/pseudonyms.ts';
import type { MaskMethod, MaskObligation } from '../../../../model/obligation.ts';
import { encodeDataRow } from '../../wire/backend/data-row.ts';
import type { FieldDescription } from '../../wire/backend/row-description.ts';
import { MessageWriter } from '../../wire/message-writer.ts';
import { compileMasks } from '../compile-masks.ts';
import type { SliceSink } from '../output-pool.ts';
import type { CatalogRelation, CatalogType, ColumnName, ResultCatalog } from '../result-catalog.ts';
import type { ResponseMask } from '../value-mask.ts';

/** Oid of `public.customers` in {@link testCatalog}. */
export const CUSTOMERS = 20_000;

const KEYS = new MaskingKeys([{ id: 'k', bytes: new Uint8Array(32).fill(7) }]);

const TOOLS: MaskTools = {
  detectors: new DetectorSet({ patterns: [{ name: 'word', pattern: 'secret' }] }),
  pseudonyms: new Pseudonyms(KEYS, 'test'),
  digests: new ValueDigests(KEYS, 'test'),
};

function compile(obligation: Omit<MaskObligation, 'kind' | 'rule'>, rule: string): ResponseMask {
  const [mask] = compileMasks([{ kind: 'mask', rule, ...obligation }], TOOLS);
  if (mask === undefined) throw new Error('there is no mask');
  return mask;
}

/** A mask of whole values. */
export function whole(columns: readonly string[], method: MaskMethod, value = 'fixed'): ResponseMask {
  return compile({ columns, method, value }, `r-${method}`);
}

/** A mask of what detectors find, by default the word `secret`. */
export function detecting(
  columns: readonly string[] = [],
  detect: readonly string[] = ['word'],
): ResponseMask {
  return compile({ columns, method: 'fixed', value: '######', detect }, 'r-detect');
}

/** A mask of `ssn` in documents. */
export function atPath(columns: readonly string[], paths: readonly string[] = ['ssn']): ResponseMask {
  return compile({ columns, method: 'redact', paths }, 'r-path');
}

/** A mask of which the policy says that a view does not carry what it is for. */
export function vouching(columns: readonly string[], view: string): ResponseMask {
  const vouched = [{ dimension: 'tables', names: [view] }];
  return compile({ columns, method: 'redact', vouched }, 'r-vouch');
}

/** What {@link testCatalog} knows. */
export interface TestCatalogContent {
  readonly columns?: Readonly<
    Record<string, { names: readonly ColumnName[]; carries?: readonly ColumnName[] | undefined }>
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
      if (known !== undefined)
        return { names: known.names, carries: 'carries' in known ? known.carries : [] };
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
