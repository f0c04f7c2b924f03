import type { JsonValue } from '../model/json.ts';

/** Kinds of operations. */
export type OperationKind = 'query' | 'mutation' | 'subscription';

/** What one operation asks for, with fragments expanded and aliases seen through. */
export interface GraphqlOperation {
  readonly kind: OperationKind;
  readonly name?: string;
  /** Fields of the root, each once: `Query.customer`, `Mutation.refund`. `__typename` only where nothing else is asked. */
  readonly topLevel: readonly string[];
  /** All fields by their paths, each once: `Query.customer.email`. Names, never aliases; types are not known. */
  readonly fields: readonly string[];
  /**
   * Arguments by the path of their field without the root (`customer`, `customer.orders`), an object for each use;
   * variables are replaced by their values.
   */
  readonly arguments: Readonly<Record<string, readonly JsonValue[]>>;
  readonly depth: number;
  /** Fields after expansion, aliases of one field counted apart. */
  readonly selections: number;
  /** Fields without selections of their own: where the response has them, and which they are. */
  readonly leaves: readonly GraphqlLeaf[];
}

/** One field of the response. */
export interface GraphqlLeaf {
  /** Keys below `data`, aliases as given; lists are passed through. */
  readonly response: readonly string[];
  /** `Query.customer.email`. */
  readonly field: string;
}
