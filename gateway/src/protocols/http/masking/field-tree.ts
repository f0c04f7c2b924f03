import type { FieldMask, FieldMasks } from './field-masks.ts';
import { FieldNames } from './field-names.ts';

/** Fields that a tree remembers; others are worked out each time. */
const MOST_FIELDS = 2048;
/** Members of one field whose names are compared as bytes, in the order in which they were first seen. */
const MOST_GUESSES = 64;

/** Visible ASCII without quotes and backslashes: in a document it is what it says. */
const PLAIN = /^[!#-[\]-~]{1,64}$/;

/** A field by its names, with its mask. */
export class Field {
  readonly names: FieldNames;
  readonly mask: FieldMask;
  readonly #tree: FieldTree;
  readonly #members = new Map<string, Field>();
  readonly #guesses: Field[] = [];
  /** Its own name, where no escape can stand for it or in it. */
  readonly #bytes: Buffer | undefined;
  /** Something is found in its own name. */
  readonly hasFinding: boolean;

  constructor(tree: FieldTree, names: FieldNames) {
    this.#tree = tree;
    this.names = names;
    this.mask = tree.masks.of(names);
    const name = names.path.at(-1);
    this.hasFinding = name !== undefined && tree.isFound(name);
    this.#bytes = name !== undefined && PLAIN.test(name) ? Buffer.from(name, 'latin1') : undefined;
  }

  /** The field of this name within. */
  member(name: string): Field {
    const known = this.#members.get(name);
    if (known !== undefined) return known;
    const made = new Field(this.#tree, this.names.member(name));
    if (this.#tree.mayRemember()) {
      this.#members.set(name, made);
      if (this.#guesses.length < MOST_GUESSES) this.#guesses.push(made);
    }
    return made;
  }

  /**
   * The member whose name these bytes are, if it is the one that came `index`th when such an object was first seen: objects of a
   * list have their members in the same order.
   */
  guess(index: number, bytes: Buffer, start: number, end: number): Field | undefined {
    const field = this.#guesses[index];
    const name = field === undefined ? undefined : field.#bytes;
    if (name === undefined || name.length !== end - start) return undefined;
    for (let at = 0; at < name.length; at += 1) if (name[at] !== bytes[start + at]) return undefined;
    return field;
  }
}

/** Fields of responses, each with its mask worked out once. It holds names, and no values. */
export class FieldTree {
  readonly masks: FieldMasks;
  readonly root: Field;
  #remembered = 0;

  constructor(masks: FieldMasks, root: FieldNames) {
    this.masks = masks;
    this.root = new Field(this, root);
  }

  /** Nothing more is remembered. */
  get isFull(): boolean {
    return this.#remembered > MOST_FIELDS;
  }

  /** Counts a field that is to be remembered; false where there are enough. */
  mayRemember(): boolean {
    this.#remembered += 1;
    return !this.isFull;
  }

  /** Whether something is found in a name. */
  isFound(name: string): boolean {
    const { scanner, hints } = this.root.mask;
    return scanner?.scanText(name, hints) !== undefined;
  }
}

const shared = new WeakMap<FieldMasks, FieldTree>();

/** The tree of all responses whose fields have no other names; begun anew where a service has made it full. */
export function sharedTree(masks: FieldMasks): FieldTree {
  const known = shared.get(masks);
  if (known !== undefined && !known.isFull) return known;
  const made = new FieldTree(masks, new FieldNames());
  shared.set(masks, made);
  return made;
}
