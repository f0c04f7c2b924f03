/** A policy taken apart: what its files say, piece by piece, whatever file a piece stands in and however it is written. */
import type { FactsFamily } from '../../model/facts.ts';
import { loadPolicyFiles } from '../load.ts';
import type { PolicyDocument } from '../policy-document.ts';
import type { PolicyFile } from '../source-file.ts';

/** What a piece of a policy is. `preset`: one that is on. */
export type PartKind = 'rule' | 'freeze' | 'calendar' | 'preset' | 'repeats';

/** One piece. */
export interface PolicyPart {
  readonly kind: PartKind;
  readonly id: string;
  /** Where it stands, `file:line`; empty for a preset. */
  readonly source: string;
  /** Its keys but `id`, those of `match` as `match.groups`; values as the file has them. */
  readonly keys: ReadonlyMap<string, unknown>;
}

/** Takes files apart that compile. @param presets names of those that are on */
export function policyParts(
  files: readonly PolicyFile[],
  families: readonly FactsFamily[],
  presets: readonly string[],
): readonly PolicyPart[] {
  const parts = loadPolicyFiles(files, families, []).flatMap(({ file, document }) =>
    piecesOf(document).map(({ kind, id, path, value }): PolicyPart => {
      return { kind, id, source: `${file.path}:${file.lineOf(path)}`, keys: keysOf(value) };
    }),
  );
  const on = presets.map((id): PolicyPart => ({ kind: 'preset', id, source: '', keys: new Map() }));
  return [...parts, ...on];
}

interface Piece {
  readonly kind: PartKind;
  readonly id: string;
  readonly path: readonly (string | number)[];
  readonly value: object;
}

function piecesOf({ freezes, rules, calendars, repeats }: PolicyDocument): readonly Piece[] {
  const listed = (kind: 'freeze' | 'rule', list: PolicyDocument['freezes'] | PolicyDocument['rules']) =>
    (list ?? []).flatMap((value, index): Piece[] =>
      value === undefined ? [] : [{ kind, id: value.id, path: [`${kind}s`, index], value }],
    );
  const named = Object.entries(calendars ?? {}).map(
    ([id, value]): Piece => ({ kind: 'calendar', id, path: ['calendars', id], value }),
  );
  const one: Piece[] =
    repeats === undefined ? [] : [{ kind: 'repeats', id: 'repeats', path: ['repeats'], value: repeats }];
  return [...listed('freeze', freezes), ...listed('rule', rules), ...named, ...one];
}

function keysOf(value: object): ReadonlyMap<string, unknown> {
  const { id: _id, match = {}, ...rest } = value as { id?: string; match?: object };
  const scoped = Object.entries(match).map(([key, one]) => [`match.${key}`, one] as const);
  return new Map([...scoped, ...Object.entries(rest)].filter(([, one]) => one !== undefined));
}
