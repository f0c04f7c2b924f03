import type { MaskMethod, MaskObligation } from '../model/obligation.ts';
import { ColumnMask, type ColumnMaskParts, type RuleReplacement } from './column-mask.ts';
import type { DetectorSet } from './detector-set.ts';
import { ValuePath } from './document/value-path.ts';
import type { MaskingKeys } from './replace/masking-keys.ts';
import { Pseudonyms } from './replace/pseudonyms.ts';
import type { Replacement } from './replace/replace.ts';

/** Methods, strictest first. */
const STRICTEST: readonly MaskMethod[] = ['null', 'redact', 'fixed', 'pseudonym', 'partial'];

const MOST_BYTES = 4 * 1024 * 1024;
/** Column masks that are remembered; a result of more columns makes the others anew. */
const MOST_COLUMNS = 4096;

/**
 * Compiles a pattern of column names. Patterns are the policy's (`qualified-name.ts`), which masking may not know; pass
 * one that matches whatever is possible, since a doubt has to be masked.
 */
export type ColumnPatternCompiler = (pattern: string) => (column: string) => boolean;

/** What all masks of a gateway have in common. */
export interface MaskingContext {
  readonly detectors: DetectorSet;
  /** Absent: `pseudonym` redacts. */
  readonly keys?: MaskingKeys;
  readonly compilePattern: ColumnPatternCompiler;
  /** Longest value that is looked through, in bytes; 4 MiB unless said. */
  readonly mostBytes?: number;
}

interface CompiledMask {
  readonly how: RuleReplacement;
  readonly patterns: readonly ((column: string) => boolean)[];
  readonly paths: readonly ValuePath[];
  readonly detect: readonly string[];
}

/**
 * The mask obligations of one decision, for one resource. Asked for each column of a result once; the strictest mask
 * of a column wins, and masks of content and of paths add up.
 */
export class ResponseMasks {
  readonly #masks: readonly CompiledMask[];
  readonly #context: MaskingContext;
  readonly #pseudonyms: Pseudonyms | undefined;
  readonly #known = new Map<string, ColumnMask | undefined>();

  /**
   * @param domain what shares pseudonyms: the resource's name, or a name that several resources share.
   * @throws {MaskingError} for a detector or a path that there is not: the obligation cannot be fulfilled, so the
   *   exchange has to be denied.
   */
  constructor(obligations: readonly MaskObligation[], domain: string, context: MaskingContext) {
    this.#context = context;
    this.#pseudonyms = context.keys === undefined ? undefined : new Pseudonyms(context.keys, domain);
    this.#masks = obligations
      .toSorted((left, right) => STRICTEST.indexOf(left.method) - STRICTEST.indexOf(right.method))
      .map((mask) => compile(mask, context));
  }

  /** True when content is looked for in columns of any name: in free text such as error messages too. */
  get looksEverywhere(): boolean {
    return this.#masks.some(({ detect, patterns }) => detect.length > 0 && patterns.length === 0);
  }

  /**
   * The mask of a column; undefined where none applies.
   *
   * @param names all names the column may have, qualified as far as they are known: its origin and its name in the
   *   result. The first one gives detectors their context.
   */
  column(...names: readonly string[]): ColumnMask | undefined {
    const key = names.join('\0');
    if (this.#known.has(key)) {
      return this.#known.get(key);
    }
    const made = this.#make(names);
    if (this.#known.size < MOST_COLUMNS) {
      this.#known.set(key, made);
    }
    return made;
  }

  #make(names: readonly string[]): ColumnMask | undefined {
    const fitting = this.#masks.filter(
      ({ patterns }) =>
        patterns.length === 0 || patterns.some((matches) => names.some((name) => matches(name))),
    );
    if (fitting.length === 0) {
      return undefined;
    }
    const whole = fitting.find(({ detect, paths }) => detect.length === 0 && paths.length === 0)?.how;
    const column = names[0] ?? '';
    const howFound = new Map<string, Replacement>();
    for (const { detect, how } of fitting) {
      for (const detector of detect) {
        if (!howFound.has(detector)) {
          howFound.set(detector, how);
        }
      }
    }
    const { detectors, mostBytes = MOST_BYTES } = this.#context;
    const parts: ColumnMaskParts = {
      column,
      rules: [...new Set(whole === undefined ? fitting.map(({ how }) => how.rule) : [whole.rule])],
      whole,
      // A mask of paths that also detects looks for content in the whole value: it can only mask more.
      paths: fitting.flatMap(({ paths, how }) => paths.map((path) => ({ path, how }))),
      scanner: howFound.size === 0 ? undefined : detectors.scanner([...howFound.keys()], column),
      howFound,
      pseudonyms: this.#pseudonyms,
      mostBytes,
    };
    return new ColumnMask(parts);
  }
}

function compile(mask: MaskObligation, context: MaskingContext): CompiledMask {
  return {
    how: {
      rule: mask.rule,
      method: mask.method,
      ...(mask.value === undefined ? {} : { value: mask.value }),
      ...(mask.keep === undefined ? {} : { keep: mask.keep }),
    },
    patterns: mask.columns.map((pattern) => context.compilePattern(pattern)),
    paths: (mask.paths ?? []).map((path) => new ValuePath(path)),
    detect: context.detectors.expand(mask.detect ?? []),
  };
}
