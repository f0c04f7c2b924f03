/**
 * What is known of the columns of a result that have no origin: expressions, aggregates, set operations. The facts of the
 * statement say which columns of tables such values may carry; a value that may carry a masked one is taken away whole.
 */
import type { FieldSource, OutputFields, StatementFacts } from '../../../model/facts.ts';
import { formatName } from '../../../sql/qualified-name.ts';
import type { FieldDescription } from '../wire/backend/row-description.ts';
import { responseMaskError } from './errors.ts';
import { type ColumnOrigin, FIRST_USER_OID, type ResultCatalog } from './result-catalog.ts';
import type { ResponseMask } from './value-mask.ts';

/** Names of the columns that the value of each column of a result may carry. */
export interface ComputedColumns {
  /** `undefined`: it may be anything. */
  carriedBy(index: number): readonly FieldSource[] | undefined;
}

/** What the facts of a text say of the results of its statements. */
export class ComputedFields {
  readonly #statements: readonly StatementFacts[] | undefined;
  #anywhere: readonly FieldSource[] | undefined;

  /** @param statements those of the text; `undefined` where nobody has looked at what they do with masked columns */
  constructor(statements: readonly StatementFacts[] | undefined) {
    const isKnown = statements?.every(({ fields }) => fields !== undefined) === true;
    this.#statements = isKnown ? statements : undefined;
  }

  /**
   * What is known of one result. The description has to agree with what was analysed; where columns are in other places
   * than they should be, each may carry what any may.
   * @throws ResponseMaskError where a column comes from another table than the one that was judged
   */
  of(fields: readonly FieldDescription[], catalog: ResultCatalog): ComputedColumns {
    const statements = this.#statements;
    if (statements === undefined) return { carriedBy: () => undefined };
    const [only, another] = statements;
    const outputs = another === undefined ? only?.outputs : undefined;
    const isAligned = outputs !== undefined && agrees(fields, outputs, catalog);
    const anywhere = (this.#anywhere ??= statements.flatMap((one) => derivedIn(one)));
    return { carriedBy: (index) => (isAligned ? outputs[index]?.derived : anywhere) };
  }
}

function derivedIn({ fields }: StatementFacts): readonly FieldSource[] {
  return (fields ?? []).filter(({ as }) => as === 'derived' || as === 'computed');
}

/** Columns of tables stand where they should, and computed ones where these should. */
function agrees(
  fields: readonly FieldDescription[],
  outputs: readonly OutputFields[],
  catalog: ResultCatalog,
): boolean {
  if (fields.length !== outputs.length) return false;
  return fields.every((field, index) => {
    const { plain, derived } = outputs[index] ?? { plain: [], derived: [] };
    if (field.tableOid === 0) return plain.length === 0;
    // A whole row.
    if (field.attributeNumber === 0) return derived.length > 0;
    if (plain.length + derived.length === 0) return false;
    if (field.tableOid < FIRST_USER_OID) return true;
    const origin = catalog.column(field.tableOid, field.attributeNumber);
    if (origin !== undefined && !isNamed(origin, [...plain, ...derived.flatMap(({ names }) => names)]))
      throw disagreement(field);
    return true;
  });
}

function isNamed({ names }: ColumnOrigin, judged: readonly string[]): boolean {
  return names.some(([schema, relation, column]) => {
    const table = formatName([schema, relation]);
    return judged.includes(`${table}.*`) || judged.includes(`${table}.${formatName([column])}`);
  });
}

function disagreement({ name }: FieldDescription): Error {
  return responseMaskError(
    'ERR_RESPONSE_MASK_ORIGIN',
    `column "${name.slice(0, 64)}" of the answer comes from another table than the statement was judged by`,
  );
}

/** Whether a value that may carry these columns has to be taken away. */
export function isMeantBy({ mayMean, isVouchedBy }: ResponseMask, carried: readonly FieldSource[]): boolean {
  return carried.some(({ names, by }) => !(by !== undefined && isVouchedBy(by)) && names.some(mayMean));
}
