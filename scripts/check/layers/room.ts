/**
 * The layer rules, as data. Every file of `gateway/src` belongs to the first room that holds it; what a room does
 * not list it may not import. A folder that no room holds fails the check, so that a new room is a decision.
 */
export interface Room {
  readonly name: string;
  /** Which paths (relative to `gateway/src`) are in this room; the group `protocol` keeps protocols apart. */
  readonly holds: RegExp;
  /** Names of the other rooms it may import, types included. Its own files it always may. */
  readonly imports: readonly string[];
  /** Single files of other rooms it may import beyond that. */
  readonly files?: readonly string[];
  /** npm packages it may import. */
  readonly packages: readonly string[];
  /** Built-in modules it may import: `node:net` whole, `node:net#isIPv4` that name only. */
  readonly builtins: readonly string[];
  /** Built-in modules of which it may import types, which is knowing and not doing. */
  readonly builtinTypes?: readonly string[];
  /** `computed`: it may load a module whose name is computed, which cannot be checked. */
  readonly loads?: 'computed';
}
