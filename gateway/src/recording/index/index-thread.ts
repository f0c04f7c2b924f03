/** The gateway's side of the index: tells its thread what has grown, and asks it. Nothing here waits for a disk. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Log } from '../../telemetry/log.ts';
import { recordingError } from '../errors.ts';
import type { RecordingPlace } from '../layout.ts';
import type {
  IndexOrder,
  IndexQuestion,
  IndexQuestions,
  IndexTask,
  IndexWord,
  ScreenTexts,
} from './index-words.ts';

/** What has grown is told so often. */
const TELL_MS = 250;
/** More than so many are not named one by one. */
const MAX_NAMED = 10_000;
const MAX_SEARCHES = 32;
/** A search that takes longer is given up, and the thread begins anew. */
const SEARCH_MS = 15_000;
/** A thread that died begins anew after this. */
const RESTART_MS = 5_000;
const MEMORY_MIB = 512;

type Answer = IndexQuestions[IndexQuestion]['answer'];

interface Waiting {
  readonly done: PromiseWithResolvers<Answer>;
  readonly timer: NodeJS.Timeout;
}

/** The index in its thread. */
export class IndexThread {
  readonly #dataDir: string;
  readonly #log: Log;
  readonly #grown = new Map<string, RecordingPlace>();
  readonly #waiting = new Map<number, Waiting>();
  #isOverfull = false;
  #worker: Worker | undefined;
  #isClosed = false;
  #lastId = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { readonly dataDir: string; readonly log: Log }) {
    this.#dataDir = options.dataDir;
    this.#log = options.log;
    this.#start();
  }

  /** A recording has grown, or is at its end. Costs an entry in a map. */
  grown(place: RecordingPlace): void {
    if (this.#isClosed) return;
    if (this.#grown.size >= MAX_NAMED) {
      this.#isOverfull = true;
      this.#grown.clear();
    }
    this.#grown.set(place.session, place);
    this.#timer ??= setTimeout(() => this.#tell(), TELL_MS).unref();
  }

  /** These recordings are gone. */
  remove(sessions: readonly string[]): void {
    this.#worker?.postMessage({ kind: 'remove', sessions } satisfies IndexOrder);
  }

  /** Takes what was read of pictures. */
  putScreens(screens: ScreenTexts): void {
    this.#worker?.postMessage({ kind: 'screens', screens } satisfies IndexOrder);
  }

  /** Rejects with a RecordingError. */
  ask<Question extends IndexQuestion>(
    question: Question,
    asked: IndexQuestions[Question]['asked'],
  ): Promise<IndexQuestions[Question]['answer']> {
    const worker = this.#worker;
    if (worker === undefined || this.#waiting.size >= MAX_SEARCHES) {
      return Promise.reject(recordingError('ERR_RECORDING_INDEX', 'the index is busy; try again soon'));
    }
    this.#tell();
    this.#lastId += 1;
    const id = this.#lastId;
    const done = Promise.withResolvers<Answer>();
    const timer = setTimeout(() => {
      this.#settle(id)?.reject(
        recordingError('ERR_RECORDING_QUERY', 'the search takes too long: give a time, or more words'),
      );
      void worker.terminate();
    }, SEARCH_MS);
    this.#waiting.set(id, { done, timer });
    worker.postMessage({ kind: 'ask', id, question, asked } satisfies IndexOrder);
    // The thread answers the question that has this id.
    return done.promise as Promise<IndexQuestions[Question]['answer']>;
  }

  /** Lets the thread finish what it is at. Never rejects. */
  async close(): Promise<void> {
    this.#tell();
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const worker = this.#worker;
    if (worker === undefined) return;
    const exit = once(worker, 'exit').catch(() => {});
    worker.postMessage({ kind: 'close' } satisfies IndexOrder);
    const timer = setTimeout(() => void worker.terminate(), SEARCH_MS);
    await exit;
    clearTimeout(timer);
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isClosed || this.#worker === undefined) return;
    if (this.#isOverfull) this.#worker.postMessage({ kind: 'catch up' } satisfies IndexOrder);
    this.#isOverfull = false;
    if (this.#grown.size === 0) return;
    this.#worker.postMessage({ kind: 'grown', places: [...this.#grown.values()] } satisfies IndexOrder);
    this.#grown.clear();
  }

  #start(): void {
    if (this.#isClosed) return;
    const worker = new Worker(new URL('./index-worker.ts', import.meta.url), {
      workerData: { dataDir: this.#dataDir } satisfies IndexTask,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MIB },
    });
    worker.unref();
    worker.on('message', (word: IndexWord) => this.#hear(word));
    worker.on('error', (error) =>
      this.#log.error('the index of recordings failed', { reason: error.message }),
    );
    worker.on('exit', () => {
      this.#worker = undefined;
      const error = recordingError('ERR_RECORDING_INDEX', 'the index begins anew; try again soon');
      for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(error);
      if (!this.#isClosed) setTimeout(() => this.#start(), RESTART_MS).unref();
    });
    this.#worker = worker;
  }

  #hear(word: IndexWord): void {
    if (word.kind === 'trouble') {
      this.#log.warn('the index of recordings is behind', { reason: word.message });
      return;
    }
    const done = this.#settle(word.id);
    if (word.kind === 'found') done?.resolve(word.answer);
    else done?.reject(recordingError(word.code, word.message));
  }

  #settle(id: number): PromiseWithResolvers<Answer> | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    return waiting.done;
  }
}
