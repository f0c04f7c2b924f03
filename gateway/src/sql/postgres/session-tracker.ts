import type { StatementFacts } from '../../model/facts.ts';
import { parseIdentifierList } from '../qualified-name.ts';
import type { AstNode } from './ast.ts';
import type { SettingChange } from './statement-info.ts';
import type { StatementResult } from './statement-walk.ts';

/** A prepared statement made earlier in the same text. */
interface LocalPrepared {
  readonly node: AstNode;
  facts?: { readonly path: readonly string[] | undefined; readonly facts: StatementFacts };
}

/** Follows, within one text, what earlier statements do to the meaning of later ones. */
export class SessionTracker {
  #path: readonly string[] | undefined;
  readonly #initialPath: readonly string[];
  readonly #settlesTo: readonly string[] | undefined;
  readonly #known: (name: string) => StatementFacts | undefined;
  readonly #local = new Map<string, LocalPrepared | undefined>();
  #forgotAll = false;

  constructor(
    path: readonly string[],
    settlesTo: readonly string[] | undefined,
    known: (name: string) => StatementFacts | undefined,
  ) {
    this.#path = path;
    this.#initialPath = path;
    this.#settlesTo = settlesTo;
    this.#known = known;
  }

  /** The search path of the next statement; `undefined` when it can no longer be told. */
  get path(): readonly string[] | undefined {
    return this.#path;
  }

  /** Facts of a prepared statement under the path of now. The server, too, resolves its names anew. */
  prepared(name: string, analyse: (node: AstNode) => StatementFacts): StatementFacts | undefined {
    if (this.#local.has(name)) {
      const local = this.#local.get(name);
      if (local === undefined) return undefined;
      if (local.facts?.path !== this.#path || local.facts === undefined)
        local.facts = { path: this.#path, facts: analyse(local.node) };
      return local.facts.facts;
    }
    if (this.#forgotAll || this.#path !== this.#initialPath) return undefined;
    return this.#known(name);
  }

  /** Takes a statement's effects into account. */
  after(node: AstNode, result: StatementResult, settings: readonly SettingChange[]): void {
    for (const change of settings) this.#setting(change);
    const inner = node.fields['query'];
    if (result.prepare !== undefined && typeof inner === 'object' && inner !== null) {
      const [type, fields] = Object.entries(inner)[0] ?? ['', {}];
      this.#local.set(result.prepare.name, { node: { type, fields } });
    }
    if (result.deallocate !== undefined) this.#forget(result.deallocate.name);
    const verb = result.transaction;
    if (verb !== undefined && verb !== 'begin' && verb !== 'savepoint' && verb !== 'release') this.#settle();
  }

  #setting(change: SettingChange): void {
    switch (change.name) {
      case 'search_path':
        this.#path = change.value === undefined ? undefined : literalPath(change.value);
        return;
      case 'role':
      case 'session_authorization':
      case '*':
        // "$user" may now mean another schema, or the path is what the login says.
        this.#path = undefined;
        return;
      default:
        return;
    }
  }

  #forget(name: string | undefined): void {
    if (name !== undefined) this.#local.set(name, undefined);
    else {
      this.#local.clear();
      this.#forgotAll = true;
    }
  }

  /** The end of a transaction may take a SET (LOCAL) back. */
  #settle(): void {
    const settlesTo = this.#settlesTo ?? this.#initialPath;
    const same = this.#path === this.#initialPath && sameList(settlesTo, this.#initialPath);
    if (!same) this.#path = undefined;
  }
}

function literalPath(value: string): readonly string[] | undefined {
  const names = parseIdentifierList(value);
  return names === undefined || names.includes('$user') ? undefined : names;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
