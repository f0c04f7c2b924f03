/** What the masks have to know of an exchange. */

/** One field of a GraphQL response, as the facts of the request tell it. */
export interface GraphqlLeaf {
  /** Keys below `data`, aliases as given; lists are passed through. */
  readonly response: readonly string[];
  /** `Query.customer.email`. */
  readonly field: string;
}

/** Names and values of a head, in order, as received. */
export type HeadPairs = readonly (readonly [name: string, value: string])[];

/** A response up to its body. */
export interface ResponseFacts {
  readonly status: number;
  readonly fields: HeadPairs;
  /** False where none follows: HEAD, 204, 304, a length of 0. */
  readonly hasBody: boolean;
}
