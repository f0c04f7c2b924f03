/** What the agents of this folder have in common: a script instead of a model, and what that model was given to read. */

/** All that an agent is told of the gateway. */
export interface AgentSite {
  /** With the token as password. */
  readonly url: string;
  /** PEM file of the CA of the gateway's certificate. */
  readonly caFile: string;
}

/** One framework, with its SQL tool built as its users build it. */
export interface AgentFramework {
  readonly name: string;
  /** What its model reads of a statement that failed. */
  readonly shows: ErrorView;
  /** Its pool closes a connection on which a statement failed. */
  readonly dropsConnections: boolean;
  open(site: AgentSite): Promise<OpenAgent>;
}

/** The error's message with some words around it, or other words in its place. */
export type ErrorView = { readonly before: string; readonly after: string } | { readonly instead: string };

/** An agent that has its pool of connections open. */
export interface OpenAgent extends AsyncDisposable {
  /**
   * Runs the framework's own loop. The model asks for one statement a turn; the result has, for each of them, the exact
   * text of the tool's result in the input of the model's next turn.
   */
  run(statements: readonly string[]): Promise<readonly string[]>;
}

/** One request of a model to use a tool. */
export interface ToolCall {
  readonly id: string;
  readonly statement: string;
}

/** Stands for the model's mind: what it asks for next, whatever it reads. */
export class Script {
  /** What the model read, in order. */
  readonly readings: string[] = [];
  readonly #statements: readonly string[];
  #turns = 0;

  constructor(statements: readonly string[]) {
    this.#statements = statements;
  }

  /**
   * One turn of the model.
   *
   * @param results texts of all tool results in the model's input, oldest first
   * @returns the next call, or undefined when the model is done
   */
  turn(results: readonly string[]): ToolCall | undefined {
    if (results.length !== this.#turns)
      throw new Error(`the model has ${results.length} tool results in its input after ${this.#turns} calls`);
    const newest = results.at(-1);
    if (newest !== undefined) this.readings.push(newest);
    const statement = this.#statements[this.#turns];
    if (statement === undefined) return undefined;
    this.#turns += 1;
    return { id: `call_${this.#turns}`, statement };
  }
}

/** What a scripted model says when it is done. */
export const FINAL_ANSWER = 'Done.';
