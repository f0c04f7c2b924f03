/**
 * When a message may be judged: not before the answers that decide what it means. A handler that had to wait looks again
 * whether the batch failed meanwhile: what follows an error is dropped, not judged.
 */
import type { Statement } from '../facts/statement.ts';
import type { Exchanges } from './exchanges.ts';
import type { Lookup, NameTable, Weighty } from './names.ts';
import type { Operation } from './operation.ts';
import type { RequestServices, Waiting } from './request-services.ts';
import { ownFlush } from './upstream-writer.ts';

/** Waits of one session. */
export class Ordering {
  readonly #services: RequestServices;
  readonly #exchanges: Exchanges;

  constructor(services: RequestServices, exchanges: Exchanges) {
    this.#services = services;
    this.#exchanges = exchanges;
  }

  /** Nothing is in flight that changes what later statements mean, and what is known of the database is current. */
  get isSettled(): boolean {
    return this.#isQuiet && this.#services.judge.isCurrent;
  }

  get #isQuiet(): boolean {
    const { pipeline, stage } = this.#services;
    return pipeline.barriers === 0 && !stage.hasBarrier;
  }

  /** Acts when nothing is in flight that changes what later statements mean, and the database is known as it is now. */
  settled(act: () => Waiting): Waiting {
    return this.#when(
      () => this.#isQuiet,
      () => {
        const { judge } = this.#services;
        return judge.isCurrent ? act() : this.after(judge.renew(), act);
      },
    );
  }

  /** Goes on after a wait unless the batch failed meanwhile. */
  after(waiting: Promise<void>, act: () => Waiting): Promise<void> {
    return waiting.then(() => (this.#exchanges.batch.isSkipping ? undefined : act()));
  }

  /** Reads a text; waits first for the names it uses, where answers in flight decide what they stand for. */
  read(text: string, act: (statement: Statement) => Waiting): Waiting {
    const { judge } = this.#services;
    const statement = judge.read(text);
    if (judge.knows(statement)) return this.#named(text, statement, act);
    return this.after(judge.renew(), () => this.#named(text, judge.read(text), act));
  }

  #named(text: string, statement: Statement, act: (statement: Statement) => Waiting): Waiting {
    const { judge, names } = this.#services;
    if (!statement.usesNames) return act(statement);
    const isCertain = (): boolean => names.statements.isCertain && names.portals.isCertain;
    return this.#when(isCertain, () => act(judge.read(text)));
  }

  /** Looks a name up; waits for answers in flight where they decide what it stands for. */
  find<Entry extends Weighty>(
    table: NameTable<Entry>,
    name: string,
    act: (entry: Entry | undefined) => Waiting,
  ): Waiting {
    const found = (): Lookup<Entry> => table.find(name, this.#exchanges.batch.number);
    return this.#when(
      () => found() !== 'uncertain',
      () => {
        const result = found();
        return act(result === 'uncertain' ? undefined : entryOf(result));
      },
    );
  }

  /** Waits until the answer tells whether COPY data may come. */
  copyAnswer(operation: Operation): Promise<void> {
    const { pipeline, waitUntil } = this.#services;
    return waitUntil(() => pipeline.copy.in === operation || !pipeline.has(operation));
  }

  /** Waits until it is answered: what comes behind it could keep what may have to be undone. */
  answer(operation: Operation): Promise<void> {
    const { pipeline, waitUntil } = this.#services;
    this.pushOut();
    return waitUntil(() => !pipeline.has(operation));
  }

  /** Makes the server answer what it has: without Sync or Flush it may keep answers back, and we would wait for ever. */
  pushOut(): void {
    this.#exchanges.close();
    if (this.#exchanges.batch.isOpen) this.#services.stage.control(ownFlush());
  }

  /** Acts at once if it can, else when it can; not at all if the batch failed meanwhile. */
  #when(isReady: () => boolean, act: () => Waiting): Waiting {
    if (isReady()) return act();
    this.pushOut();
    return this.after(this.#services.waitUntil(isReady), act);
  }
}

/** What a look-up that is certain has found. */
export function entryOf<Entry>(found: Exclude<Lookup<Entry>, 'uncertain'>): Entry | undefined {
  return found === 'missing' ? undefined : found.found;
}
