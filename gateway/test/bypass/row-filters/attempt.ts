/** Ways to see or change a row outside of a row filter. Each one does, when it is sent to the server itself. */

/** One statement, with its parameters if it has any: then it goes by Parse, Bind and Execute. */
export type Step =
  | string
  | { readonly text: string; readonly values?: readonly unknown[]; readonly name?: string };

/** One attempt; its steps are sent one by one over one session. */
export interface Attempt {
  readonly name: string;
  readonly steps: readonly Step[];
  /** What the gateway says where it refuses; absent: it is sent, within the filter. */
  readonly refused?: RegExp;
}

/** Makes an attempt. */
export const by = (name: string, steps: readonly Step[], refused?: RegExp): Attempt =>
  refused === undefined ? { name, steps } : { name, steps, refused };
