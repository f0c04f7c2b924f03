import { parseShell } from './read/parse.ts';
import { textOf } from './syntax.ts';

/** A text that is one simple command of nothing but text. */
export interface LiteralCommand {
  readonly assignments: readonly { readonly name: string; readonly value: string }[];
  readonly words: readonly string[];
}

/** Reads such a text; undefined for every other one. Never throws. */
export function readLiteralCommand(text: string): LiteralCommand | undefined {
  const parsed = parseShell(text);
  const [item, more] = parsed.ok ? parsed.script.items : [];
  const [stage, next] = item?.first.stages ?? [];
  const isAlone =
    more === undefined &&
    next === undefined &&
    item?.rest.length === 0 &&
    !item.isBackground &&
    !item.first.isNegated;
  if (!isAlone || stage?.kind !== 'simple' || stage.redirections.length > 0 || item.first.isTimed)
    return undefined;
  const words = stage.words.map(textOf);
  const values = stage.assignments.map(({ name, value }) => ({ name, value: textOf(value) }));
  const isPlain =
    words.every((word) => word !== undefined) && values.every(({ value }) => value !== undefined);
  if (!isPlain) return undefined;
  return {
    words: words.filter((word) => word !== undefined),
    assignments: values.map(({ name, value }) => ({ name, value: value ?? '' })),
  };
}
