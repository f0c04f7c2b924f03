/**
 * Pseudonyms in parameters that are compared with masked columns: turned back, before the statement is sent, into what they
 * stand for, where this run was shown them. See docs/adr/0014.
 */
import { isLookup } from '../../enforcement/obligations/lookup.ts';
import type { IssuedPseudonyms } from '../../masking/replace/issued-pseudonyms.ts';
import type { FieldUse } from '../../model/facts.ts';
import type { MaskObligation } from '../../model/obligation.ts';
import type { Statement } from './facts/statement.ts';
import { decodeParameter, encodeParameter } from './masking/parameter-text.ts';
import { formatAt } from './wire/format-codes.ts';
import type { Bind } from './wire/frontend/bind.ts';

/** What is sent in place of a Bind. */
export interface TurnedBack {
  readonly bind: Bind;
  /** Parameters that were turned back, counted from 0, with their new values. */
  readonly values: ReadonlyMap<number, Buffer>;
}

/** Why a Bind cannot be sent. */
export interface LookupRefusal {
  readonly rule: string;
  readonly reason: string;
}

/** Turns pseudonyms of one run back. */
export class SessionLookups {
  readonly #issued: IssuedPseudonyms | undefined;
  readonly #run: string;

  /** @param run tells runs apart: nobody looks anything up by what another was shown */
  constructor(issued: IssuedPseudonyms | undefined, run: string) {
    this.#issued = issued;
    this.#run = run;
  }

  /** A pseudonym is shown to the run. */
  readonly issue = (pseudonym: string, value: string): void => {
    this.#issued?.note(this.#run, pseudonym, value);
  };

  /** What is sent in place of the message; `undefined`: it is sent as it is. */
  turnBack(
    statement: Statement,
    masks: readonly MaskObligation[],
    bind: Bind,
  ): TurnedBack | LookupRefusal | undefined {
    const allowing = masks.filter(({ lookups }) => lookups === true);
    const [first] = allowing;
    if (first === undefined) return undefined;
    const uses = statement.facts.statements.flatMap(({ fields = [] }) => fields);
    const isAllowed = (use: FieldUse): boolean => allowing.some((mask) => isLookup(use, mask));
    const numbers = uses.filter(isAllowed).flatMap(({ equals }) => equals?.parameters ?? []);
    const values = new Map<number, Buffer>();
    for (const number of new Set(numbers)) {
      const index = number - 1;
      const given = bind.parameters[index];
      if (given === undefined) continue;
      // Turned back, the value would be compared with a column that shows what it is.
      const meets = uses.filter(({ equals }) => equals?.parameters.includes(number));
      if (!meets.every(isAllowed))
        return {
          rule: first.rule,
          reason: `parameter $${number} is compared with other columns as well; use one for each`,
        };
      const found = this.#valueOf(statement, bind, index, given);
      if (typeof found === 'string') return { rule: first.rule, reason: `parameter $${number} ${found}` };
      values.set(index, found);
    }
    if (values.size === 0) return undefined;
    const parameters = bind.parameters.map((value, index) => values.get(index) ?? value);
    return { bind: { ...bind, parameters }, values };
  }

  /** The bytes in place of a value, or why there are none. */
  #valueOf({ parameterTypes }: Statement, bind: Bind, index: number, given: Buffer): Buffer | string {
    const form = { type: parameterTypes[index] ?? 0, format: formatAt(bind.parameterFormats, index) };
    const text = decodeParameter(given, form);
    if (text === undefined) return 'is compared with a masked column; send the pseudonym as text';
    const issued = this.#issued?.of(this.#run, text);
    if (issued === undefined)
      return 'is no pseudonym that this run was shown, or too long ago; select the column first, and compare with what it shows';
    if (issued === 'several')
      return 'is a pseudonym of several values that differ; look them up by another column';
    return encodeParameter(issued.value, form) ?? 'stands for a value that its type cannot hold';
  }
}
