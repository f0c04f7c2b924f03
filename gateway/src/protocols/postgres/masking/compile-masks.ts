/** From mask obligations to masks that are ready to use: patterns compiled, detectors and methods chosen. */

import { columnHints } from '../../../masking/detect/hints.ts';
import { type DocumentMasks, UNREADABLE } from '../../../masking/document/document-masks.ts';
import { maskJson } from '../../../masking/document/mask-json.ts';
import { maskXml } from '../../../masking/document/mask-xml.ts';
import { ValuePath } from '../../../masking/document/value-path.ts';
import type { MaskTools } from '../../../masking/mask-tools.ts';
import { partialAddress } from '../../../masking/replace/partial-address.ts';
import { type Replacement, replaceValue } from '../../../masking/replace/replace.ts';
import { replaceInText } from '../../../masking/replace/replace-findings.ts';
import type { Carrier } from '../../../model/facts.ts';
import type { MaskObligation } from '../../../model/obligation.ts';
import { compileColumnPatterns } from '../../../names/column-patterns.ts';
import { compileQualifiedName } from '../../../names/qualified-name.ts';
import { formatName } from '../../../sql/qualified-name.ts';
import type {
  ColumnPattern,
  ContentMask,
  DocumentForm,
  Found,
  PathMask,
  ResponseMask,
} from './value-mask.ts';

/** A pattern that cannot be read, which the policy refuses at load, is taken to match everything. */
const EVERYTHING: ColumnPattern = { covers: () => true, hits: () => true };

/**
 * Makes the masks of an exchange. Obligations live as long as a policy, so the result may be kept for each list of them.
 * @throws MaskingError for detectors and paths that there are not; the policy refuses them at load.
 */
export function compileMasks(
  obligations: readonly MaskObligation[],
  tools: MaskTools,
): readonly ResponseMask[] {
  return obligations.map((obligation): ResponseMask => {
    const { rule, method, detect, paths, lookups } = obligation;
    const scope = {
      ...(lookups === true ? { isIssuing: lookups } : {}),
      rule,
      method,
      patterns: obligation.columns.map((column) => compileQualifiedName(column) ?? EVERYTHING),
      mayMean: meaningOf(obligation),
      isVouchedBy: ({ dimension, names }: Carrier) =>
        obligation.vouched?.some(
          (one) => one.dimension === dimension && names.every((name) => one.names.includes(name)),
        ) === true,
      isVouched: (schema: string, relation: string) => isVouched(obligation, formatName([schema, relation])),
    };
    if (detect !== undefined) {
      return { ...scope, kind: 'content', forColumn: (name) => contentMask(obligation, detect, name, tools) };
    }
    if (paths !== undefined) return { ...scope, kind: 'paths', mask: pathMask(obligation, paths, tools) };
    return { ...scope, kind: 'whole', mask: wholeMask(obligation, tools) };
  });
}

/** What detectors find in any column is looked for in the values. */
function meaningOf({ columns }: MaskObligation): (name: string) => boolean {
  const patterns = compileColumnPatterns(columns);
  return (name) => patterns.mayMatch(name);
}

function isVouched({ vouched }: MaskObligation, name: string): boolean {
  return vouched?.some(({ dimension, names }) => dimension === 'tables' && names.includes(name)) === true;
}

function wholeMask(
  how: Replacement,
  { pseudonyms }: MaskTools,
): Extract<ResponseMask, { kind: 'whole' }>['mask'] {
  const replace = (text: string): string | undefined => replaceValue(text, how, pseudonyms) ?? undefined;
  const isPlainPartial = how.method === 'partial' && how.keep === undefined;
  return { replace, pseudonyms, ...(isPlainPartial ? { replaceBytes: partialAddress } : {}) };
}

function contentMask(
  how: Replacement,
  detect: readonly string[],
  column: string,
  { detectors, pseudonyms }: MaskTools,
): ContentMask {
  const scanner = detectors.scanner(detect, column);
  const hints = columnHints(column);
  const replacements = (found: Found) => ({
    howFound: (detector: string): Replacement => {
      found(detector);
      return how;
    },
    pseudonyms,
  });
  return {
    mayFind: (bytes, start, end) => scanner.scanBytes(bytes, start, end) !== undefined,
    replaceBytes: (bytes, start, end, found) => {
      const spans = scanner.scanBytes(bytes, start, end);
      if (spans === undefined) return undefined;
      const text = bytes.toString('utf8', start, end);
      // Each byte is a character then: spans of the bytes are spans of the text.
      const own =
        text.length === end - start
          ? spans.map((span) => ({ ...span, start: span.start - start, end: span.end - start }))
          : scanner.scanText(text);
      const replaced = own === undefined ? text : replaceInText(text, own, replacements(found));
      return replaced === text ? undefined : replaced;
    },
    replace: (text, found) => {
      const spans = scanner.scanText(text);
      return spans === undefined ? text : replaceInText(text, spans, replacements(found));
    },
    replaceIn: (text, form, found) =>
      maskDocument(text, form, { ...replacements(found), paths: [], scanner, hints }),
  };
}

function pathMask(how: Replacement, paths: readonly string[], { pseudonyms }: MaskTools): PathMask {
  const masks: DocumentMasks = {
    paths: paths.map((path) => ({ path: new ValuePath(path), how })),
    scanner: undefined,
    hints: 0,
    howFound: () => how,
    pseudonyms,
  };
  return { replace: (text, form) => maskDocument(text, form, masks) };
}

function maskDocument(text: string, form: DocumentForm, masks: DocumentMasks): string | undefined {
  const source = Buffer.from(text, 'utf8');
  const masked = form === 'json' ? maskJson(source, masks) : maskXml(source, masks);
  if (masked === UNREADABLE) return undefined;
  return masked === undefined ? text : masked.toString('utf8');
}
