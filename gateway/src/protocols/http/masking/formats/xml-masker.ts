import { columnHints } from '../../../../masking/detect/hints.ts';
import { UNREADABLE } from '../../../../masking/document/document-masks.ts';
import { maskXml } from '../../../../masking/document/mask-xml.ts';
import { ValuePath } from '../../../../masking/document/value-path.ts';
import { parseQualifiedName } from '../../../../names/qualified-name.ts';
import { GatheredBytes } from '../../wire/gathered-bytes.ts';
import type { BodyMasker, MaskContext } from '../body-masker.ts';
import { httpMaskError } from '../errors.ts';
import type { FieldMasks, PathMask } from '../field-masks.ts';

/**
 * Masks an XML document: elements and attributes by their names, by paths and by content. It is held as a whole, since what
 * cannot be read to its end is not handed out.
 */
export class XmlMasker implements BodyMasker {
  readonly #context: MaskContext;
  readonly #paths: readonly PathMask[];
  readonly #held = new GatheredBytes();

  constructor(context: MaskContext) {
    this.#context = context;
    this.#paths = [...context.masks.paths, ...pathsOfFields(context.masks)];
  }

  push(chunk: Buffer): void {
    this.#held.add(Buffer.from(chunk));
    if (this.#held.length > this.#context.limits.valueBytes) unreadable('is longer than what is looked at');
  }

  end(out: Buffer[]): void {
    const { mask } = this.#context.fields.root;
    const { tally, masks } = this.#context;
    const source = this.#held.take();
    const masked = maskXml(
      source,
      {
        paths: this.#paths,
        scanner: mask.scanner,
        hints: columnHints(''),
        howFound: (detector) => this.#context.howFound(mask, detector),
        pseudonyms: masks.tools.pseudonyms,
      },
      { isDocument: true },
    );
    if (masked === UNREADABLE) unreadable('cannot be read as XML');
    // The reader of XML does not say by which path it replaced: each rule counts once for a document that changed.
    const rules = new Map(this.#paths.map(({ how }) => [how.rule, how]));
    if (masked !== undefined) for (const how of rules.values()) tally.replaced(['xml'], how.rule, how.method);
    out.push(masked ?? source);
  }
}

/** Paths to the elements and attributes that patterns of columns mean; the root may be any of the names on the left. */
function pathsOfFields(masks: FieldMasks): readonly PathMask[] {
  return masks.wholeFields.flatMap(({ columns, how }) =>
    columns.flatMap((column) => stepsOf(column).map((steps) => ({ path: new ValuePath(steps), how }))),
  );
}

function stepsOf(column: string): readonly string[] {
  const parts = parseQualifiedName(column) ?? [];
  const steps = parts.map(({ text, quoted }) => {
    if (quoted) return `"${text.replaceAll('"', '""')}"`;
    if (/^\*+$/.test(text)) return '*';
    if (text.includes('*')) unreadable('is XML, and masked by a pattern that is more than names');
    return `"${text}"`;
  });
  while (steps[0] === '*' && steps.length > 1) steps.shift();
  const last = steps.pop();
  // The root is any name, and everything is within.
  if (last === undefined || last === '*') return ['*'];
  const attribute = last.startsWith('"') ? `"@${last.slice(1)}` : last;
  return [last, attribute].flatMap((name) => [
    ['**', ...steps, name].join('.'),
    ...steps.map((_, index) => [...steps.slice(index + 1), name].join('.')),
  ]);
}

function unreadable(what: string): never {
  throw httpMaskError('ERR_HTTP_MASK_FORMAT', `the response ${what}, so it cannot be masked`);
}
