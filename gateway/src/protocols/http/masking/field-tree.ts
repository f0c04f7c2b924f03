import type { FieldMask, FieldMasks } from './field-masks.ts';
import type { FieldNames } from './field-names.ts';

/** Fields that are remembered for one response; others are worked out each time. */
const MOST_FIELDS = 2048;

/** A field by its names, with its mask. */
export class Field {
  readonly names: FieldNames;
  readonly mask: FieldMask;
  readonly #tree: FieldTree;
  readonly #members = new Map<string, Field>();
  /** Something is found in its own name. */
  readonly hasFinding: boolean;

  constructor(tree: FieldTree, names: FieldNames) {
    this.#tree = tree;
    this.names = names;
    this.mask = tree.masks.of(names);
    const name = names.path.at(-1);
    this.hasFinding = name !== undefined && isFound(name, tree.root.mask);
  }

  /** The field of this name within. */
  member(name: string): Field {
    const known = this.#members.get(name);
    if (known !== undefined) return known;
    const made = new Field(this.#tree, this.names.member(name));
    if (this.#tree.mayRemember()) this.#members.set(name, made);
    return made;
  }
}

function isFound(name: string, { scanner, hints }: FieldMask): boolean {
  return scanner?.scanText(name, hints) !== undefined;
}

/** The fields of one response, each with its mask worked out once. */
export class FieldTree {
  readonly masks: FieldMasks;
  readonly root: Field;
  #remembered = 0;

  constructor(masks: FieldMasks, root: FieldNames) {
    this.masks = masks;
    this.root = new Field(this, root);
  }

  /** Counts a field that is to be remembered; false where there are enough. */
  mayRemember(): boolean {
    this.#remembered += 1;
    return this.#remembered <= MOST_FIELDS;
  }
}
