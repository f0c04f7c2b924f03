/** The forms of statements under the masks that hold for a session; shared by sessions to whom the same ones apply. */
import type { ValueDigests } from '../../../masking/replace/digest.ts';
import type { MaskObligation } from '../../../model/obligation.ts';
import { type ColumnPatterns, compileColumnPatterns } from '../../../names/column-patterns.ts';
import { type RecordedForm, recordedForm } from './recorded-form.ts';
import type { Statement } from './statement.ts';

/** Forms under one set of masked columns. */
interface Known {
  readonly columns: ColumnPatterns;
  /** `null`: nothing is hidden. */
  readonly forms: WeakMap<Statement, RecordedForm | null>;
}

/** Sets of masked columns that are kept in mind for one resource (P10). */
const MAX_SETS = 64;

const shared = new WeakMap<ValueDigests, Map<string, Known>>();

/** Finds the form of each statement of a session; does nothing until there are masks. */
export class RecordedForms {
  readonly #digests: ValueDigests;
  #known: Known | undefined;

  constructor(digests: ValueDigests) {
    this.#digests = digests;
  }

  /** The masks of now. */
  follow(masks: readonly MaskObligation[]): void {
    const columns = [...new Set(masks.flatMap((mask) => mask.columns))].sort();
    this.#known = columns.length === 0 ? undefined : knownOf(this.#digests, columns);
  }

  /** `undefined` where nothing is hidden. */
  of(statement: Statement): RecordedForm | undefined {
    const known = this.#known;
    if (known === undefined) return undefined;
    const found = known.forms.get(statement);
    if (found !== undefined) return found ?? undefined;
    const made = recordedForm(statement, known.columns, this.#digests);
    known.forms.set(statement, made ?? null);
    return made;
  }
}

function knownOf(digests: ValueDigests, columns: readonly string[]): Known {
  const sets = shared.get(digests) ?? new Map<string, Known>();
  shared.set(digests, sets);
  const key = columns.join('\n');
  const found = sets.get(key);
  if (found !== undefined) return found;
  if (sets.size >= MAX_SETS) sets.clear();
  const made = {
    columns: compileColumnPatterns(columns),
    forms: new WeakMap<Statement, RecordedForm | null>(),
  };
  sets.set(key, made);
  return made;
}
