import type { PartKind, PolicyPart } from './policy-parts.ts';

/** One key of a piece that differs; a side is undefined where it does not have the key. Of lists: only the entries that differ. */
export interface KeyChange {
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What became of one piece of a policy. */
export interface PartChange {
  readonly kind: PartKind;
  readonly id: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Where it stands now, or stood: `file:line`. */
  readonly source: string;
  /** What differs, of one that both have. */
  readonly keys: readonly KeyChange[];
}

/**
 * What differs between two policies. Neither files and lines nor the order of rules, of keys and of entries in a list are a difference:
 * none of them changes what is decided (a deny wins, whatever stands first).
 */
export function diffParts(
  before: readonly PolicyPart[],
  after: readonly PolicyPart[],
): readonly PartChange[] {
  const old = byName(before);
  const now = byName(after);
  const changes: PartChange[] = [];
  for (const [name, part] of old) {
    const next = now.get(name);
    if (next === undefined) changes.push({ ...headOf(part), change: 'removed', keys: [] });
    else if (diffKeys(part, next).length > 0)
      changes.push({ ...headOf(next), change: 'changed', keys: diffKeys(part, next) });
  }
  for (const [name, part] of now)
    if (!old.has(name)) changes.push({ ...headOf(part), change: 'added', keys: [] });
  return changes;
}

const byName = (parts: readonly PolicyPart[]): ReadonlyMap<string, PolicyPart> =>
  new Map(parts.map((part) => [`${part.kind} ${part.id}`, part]));

const headOf = ({ kind, id, source }: PolicyPart) => ({ kind, id, source });

function diffKeys(before: PolicyPart, after: PolicyPart): readonly KeyChange[] {
  return [...new Set([...before.keys.keys(), ...after.keys.keys()])].flatMap((key): KeyChange[] => {
    const [old, now] = [before.keys.get(key), after.keys.get(key)];
    if (canonical(old) === canonical(now)) return [];
    const areLists = Array.isArray(old) && Array.isArray(now);
    return [
      areLists
        ? { key, before: without(old, now), after: without(now, old) }
        : { key, before: old, after: now },
    ];
  });
}

/** Entries of a list that another has not. */
function without(list: readonly unknown[], other: readonly unknown[]): readonly unknown[] {
  const known = new Set(other.map(canonical));
  return list.filter((entry) => !known.has(canonical(entry)));
}

/** Text that is the same for values that mean the same. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(canonical))].sort().join()}]`;
  if (typeof value === 'object' && value !== null) {
    const keys = Object.entries(value).filter(([, one]) => one !== undefined);
    return `{${keys
      .map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`)
      .sort()
      .join()}}`;
  }
  return JSON.stringify(value) ?? '';
}
