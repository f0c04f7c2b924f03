/** What has to be known of a COPY TO STDOUT to mask what it sends. */
import type { FieldDescription } from '../../wire/backend/row-description.ts';
import type { ResultCatalog } from '../result-catalog.ts';
import { type PlanInput, planResult, type ResultPlan } from '../result-plan.ts';

/** The parsed statement. Options that were not given are absent. */
export interface CopyOutFacts {
  readonly format: 'text' | 'csv' | 'binary';
  /** One byte. */
  readonly delimiter?: string;
  /** NULL AS. */
  readonly nullText?: string;
  readonly hasHeader?: boolean;
  /** One byte. */
  readonly quote?: string;
  /** One byte. */
  readonly escape?: string;
  /** ENCODING, as written. */
  readonly encoding?: string;
  /** Names of options that are not among these (FORCE_QUOTE is: it changes nothing here). */
  readonly furtherOptions: readonly string[];
  /** The table and its column list; undefined for `COPY (query)`. */
  readonly table: CopyTable | undefined;
}

/** The table of a COPY, resolved. */
export interface CopyTable {
  readonly schema: string;
  readonly name: string;
  /** Undefined: all columns that are not generated. */
  readonly columns: readonly string[] | undefined;
}

/** Bytes of a dialect; `quote` and `escape` of CSV only. */
export interface CopyDialect {
  readonly delimiter: number;
  readonly nullText: Buffer;
  readonly hasHeader: boolean;
  readonly csv: { readonly quote: number; readonly escape: number } | undefined;
}

/** How a COPY is masked; `refusal` says why it cannot be, in words for the client. */
export type CopyPlan =
  | { readonly refusal: string }
  | { readonly plan: ResultPlan; readonly dialect: CopyDialect | 'binary' };

/** Makes the plan of a COPY; undefined where nothing is to be done. */
export function planCopy(copy: CopyOutFacts, input: PlanInput): CopyPlan | undefined {
  if (input.masks.length === 0) return undefined;
  if (copy.table === undefined) {
    return refuse('COPY of a query does not tell where its columns come from; SELECT the rows instead');
  }
  const fields = columnsOf(copy, copy.table, input.catalog);
  if (fields === undefined)
    return refuse('the columns of the copied table are not known; SELECT them instead');
  const plan = planResult(fields, input);
  if (plan === undefined) return undefined;
  const [further] = copy.furtherOptions;
  if (further !== undefined) return refuse(`COPY with option ${further.slice(0, 40)} cannot be masked`);
  if (copy.encoding !== undefined && !/^(?:utf-?8|unicode)$/i.test(copy.encoding)) {
    return refuse('COPY in an encoding other than UTF8 cannot be masked');
  }
  if (copy.format === 'binary') return { plan, dialect: 'binary' };
  const dialect = dialectOf(copy);
  return dialect === undefined
    ? refuse('COPY with these delimiters cannot be masked; use single ASCII characters that differ')
    : { plan, dialect };
}

function refuse(refusal: string): CopyPlan {
  return { refusal };
}

function columnsOf(
  copy: CopyOutFacts,
  table: CopyTable,
  catalog: ResultCatalog,
): readonly FieldDescription[] | undefined {
  const relation = catalog.relation(table.schema, table.name);
  if (relation === undefined) return undefined;
  const names =
    table.columns ?? relation.columns.flatMap(({ name, isGenerated }) => (isGenerated ? [] : [name]));
  const fields = names.map((name): FieldDescription | undefined => {
    const column = relation.columns.find((candidate) => candidate.name === name);
    if (column === undefined) return undefined;
    return {
      name,
      tableOid: relation.oid,
      attributeNumber: column.number,
      typeOid: column.type,
      typeSize: -1,
      typeModifier: -1,
      format: copy.format === 'binary' ? 'binary' : 'text',
    };
  });
  return fields.every((field) => field !== undefined) ? fields : undefined;
}

const BACKSLASH = 0x5c;

function dialectOf(copy: CopyOutFacts): CopyDialect | undefined {
  const isCsv = copy.format === 'csv';
  const delimiter = byteOf(copy.delimiter ?? (isCsv ? ',' : '\t'));
  const quote = byteOf(copy.quote ?? '"');
  const escape = byteOf(copy.escape ?? copy.quote ?? '"');
  const nullText = Buffer.from(copy.nullText ?? (isCsv ? '' : '\\N'), 'utf8');
  const signs = [delimiter, quote, escape];
  if (signs.some((sign) => sign === undefined || sign === 0x0a || sign === 0x0d || sign > 0x7e))
    return undefined;
  if (delimiter === undefined || quote === undefined || escape === undefined) return undefined;
  if (isCsv ? delimiter === quote : delimiter === BACKSLASH) return undefined;
  if (nullText.includes(delimiter) || nullText.includes(0x0a) || nullText.includes(0x0d)) return undefined;
  if (isCsv && nullText.includes(quote)) return undefined;
  const hasHeader = copy.hasHeader === true;
  return { delimiter, nullText, hasHeader, csv: isCsv ? { quote, escape } : undefined };
}

function byteOf(sign: string): number | undefined {
  return sign.length === 1 ? sign.charCodeAt(0) : undefined;
}
