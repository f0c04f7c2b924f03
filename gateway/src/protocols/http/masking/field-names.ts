/** The names under which a value of a response stands, and the other names that it may have. */

import type { ColumnName } from '../../../names/column-patterns.ts';
import type { GraphqlLeaf } from './response-facts.ts';

/** Patterns have at most as many parts. */
const MOST_PARTS = 6;

/** Places in a response for which GraphQL says which fields they hold. */
export interface AliasTree {
  /** Names of the field, without the root type; several where fragments differ. */
  readonly fields: (readonly string[])[];
  readonly children: Map<string, AliasTree>;
}

function emptyTree(): AliasTree {
  return { fields: [], children: new Map() };
}

/** The aliases of GraphQL operations as a tree of the keys of their response. */
export function aliasTree(leaves: readonly GraphqlLeaf[]): AliasTree {
  const root = emptyTree();
  for (const { response, field } of leaves) {
    const names = field.split('.').slice(1);
    let node = root;
    response.forEach((key, index) => {
      const next = node.children.get(key) ?? emptyTree();
      node.children.set(key, next);
      const own = names.slice(0, index + 1);
      if (!next.fields.some((known) => known.join('.') === own.join('.'))) next.fields.push(own);
      node = next;
    });
  }
  return root;
}

/** Names from the outermost to the innermost. Lists have none: their elements stand under the name of the list. */
export class FieldNames {
  readonly path: readonly string[];
  readonly #aliases: AliasTree | undefined;
  /** What GraphQL calls it, where that is known. */
  readonly #others: readonly (readonly string[])[];

  constructor(
    path: readonly string[] = [],
    aliases?: AliasTree,
    others: readonly (readonly string[])[] = [],
  ) {
    this.path = path;
    this.#aliases = aliases;
    this.#others = others;
  }

  /** The names of a member. */
  member(name: string): FieldNames {
    const path = [...this.path.slice(1 - MOST_PARTS), name];
    if (this.#aliases === undefined && this.#others.length === 0) return new FieldNames(path);
    if (this.path.length === 0 && name === 'data') return new FieldNames(path, this.#aliases);
    const node = this.path.length === 0 ? undefined : this.#aliases?.children.get(name);
    // Below a leaf is whatever its type holds: a scalar may be an object.
    const others = node?.fields ?? this.#others.map((field) => [...field.slice(1 - MOST_PARTS), name]);
    return new FieldNames(path, node, others);
  }

  /** All names that patterns are compared with: as they are, and in lower case. */
  get candidates(): readonly ColumnName[] {
    return [this.path, ...this.#others].flatMap((names) => {
      const folded = names.map((name) => name.toLowerCase());
      const exact = columnName(names);
      return folded.every((name, index) => name === names[index]) ? [exact] : [exact, columnName(folded)];
    });
  }
}

function columnName(names: readonly string[]): ColumnName {
  return { parts: names.slice(-MOST_PARTS).map((text) => ({ text, quoted: true })) };
}
