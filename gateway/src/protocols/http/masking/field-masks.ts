/** Which fields of a response are masked, by the names under which they stand, and how. */
import { columnHints } from '../../../masking/detect/hints.ts';
import type { Scanner } from '../../../masking/detect/scanner.ts';
import { ValuePath } from '../../../masking/document/value-path.ts';
import type { MaskTools } from '../../../masking/mask-tools.ts';
import type { Replacement } from '../../../masking/replace/replace.ts';
import type { MaskMethod, MaskObligation } from '../../../model/obligation.ts';
import {
  type ColumnName,
  type ColumnPatterns,
  compileColumnPatterns,
} from '../../../names/column-patterns.ts';
import type { FieldNames } from './field-names.ts';

/** A replacement that came from a rule. */
export interface RuleReplacement extends Replacement {
  readonly rule: string;
}

/** A path that begins at a field. */
export interface PathMask {
  readonly path: ValuePath;
  readonly how: RuleReplacement;
}

/** What is to be done with the value of one field. */
export interface FieldMask {
  readonly names: readonly string[];
  /** The whole value is replaced. */
  readonly whole: RuleReplacement | undefined;
  /** Paths into the value. */
  readonly paths: readonly PathMask[];
  /** Looks for content in it. */
  readonly scanner: Scanner | undefined;
  readonly howFound: ReadonlyMap<string, RuleReplacement>;
  readonly hints: number;
}

interface CompiledMask {
  readonly how: RuleReplacement;
  readonly columns: readonly string[];
  /** Undefined: of any name. */
  readonly patterns: ColumnPatterns | undefined;
  readonly paths: readonly ValuePath[];
  readonly detect: readonly string[];
}

/** Strictest first. */
const STRICTEST: readonly MaskMethod[] = ['null', 'redact', 'fixed', 'pseudonym', 'partial'];

/** The stricter of two replacements. */
export function stricter(
  left: RuleReplacement | undefined,
  right: RuleReplacement | undefined,
): RuleReplacement | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return STRICTEST.indexOf(right.method) < STRICTEST.indexOf(left.method) ? right : left;
}

/** The masks of one permit. They hold nothing of a response, so they may be kept for each list of obligations. */
export class FieldMasks {
  readonly tools: MaskTools;
  readonly #masks: readonly CompiledMask[];
  readonly #scanners = new Map<string, Scanner>();

  /** @throws MaskingError for detectors and paths that there are not; the policy refuses them at load. */
  constructor(obligations: readonly MaskObligation[], tools: MaskTools) {
    this.tools = tools;
    this.#masks = obligations
      .toSorted((left, right) => STRICTEST.indexOf(left.method) - STRICTEST.indexOf(right.method))
      .map((mask) => compile(mask, tools));
  }

  /** Whether fields are masked by their names: then a body in which fields cannot be found is not handed out. */
  get asksForNames(): boolean {
    return this.#masks.some(({ patterns }) => patterns !== undefined);
  }

  /** Patterns whose fields are replaced whole where a document is masked by paths from its root alone. */
  get wholeFields(): readonly { readonly columns: readonly string[]; readonly how: RuleReplacement }[] {
    return this.#masks.filter(({ columns, detect }) => columns.length > 0 && detect.length === 0);
  }

  /** Paths of all masks, from the root of a document. */
  get paths(): readonly PathMask[] {
    return this.#masks.flatMap(({ paths, how }) => paths.map((path) => ({ path, how })));
  }

  /** The mask of a field. A field without a name may be any: it is what each pattern means. */
  of(names: FieldNames): FieldMask {
    const candidates = names.candidates;
    const fits = ({ patterns }: CompiledMask): boolean =>
      patterns === undefined || candidates.some((name: ColumnName) => patterns.mayMatch(name));
    const fitting = this.#masks.filter(fits);
    const whole = fitting.find(({ detect, paths }) => detect.length === 0 && paths.length === 0)?.how;
    const howFound = new Map<string, RuleReplacement>();
    for (const { detect, how } of fitting) {
      for (const one of detect) if (!howFound.has(one)) howFound.set(one, how);
    }
    const last = names.path.at(-1) ?? '';
    return {
      names: names.path,
      whole,
      paths: fitting.flatMap(({ paths, how }) => paths.map((path) => ({ path, how }))),
      scanner: howFound.size === 0 ? undefined : this.#scanner([...howFound.keys()]),
      howFound,
      hints: howFound.size === 0 ? 0 : columnHints(last.replaceAll(/[.-]/g, ' ')),
    };
  }

  #scanner(detectors: readonly string[]): Scanner {
    const key = detectors.join('\0');
    const scanner = this.#scanners.get(key) ?? this.tools.detectors.scanner(detectors);
    this.#scanners.set(key, scanner);
    return scanner;
  }
}

function compile(mask: MaskObligation, { detectors }: MaskTools): CompiledMask {
  const { rule, method, value, keep, columns, paths = [], detect = [] } = mask;
  return {
    how: { rule, method, ...(value === undefined ? {} : { value }), ...(keep === undefined ? {} : { keep }) },
    columns,
    patterns: columns.length === 0 ? undefined : compileColumnPatterns(columns),
    paths: paths.map((path) => new ValuePath(path)),
    detect: detectors.expand(detect),
  };
}
