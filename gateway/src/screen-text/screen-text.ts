/**
 * Text in recorded pictures: once a desktop is over, a program of the operator's reads pictures of it, and what it reads can be searched.
 * Off unless configured. Nothing of it is on the path of data: a thread of its own reads what is on disk, one session after the other.
 */
import { Worker } from 'node:worker_threads';
import type { ScreenTextPlan } from '../recording/config.ts';
import type { OpenRecordings } from '../recording/open-recordings.ts';
import type { Log } from '../telemetry/log.ts';
import type { ReadOrder, ReadWord } from './screen-text-words.ts';

/** The protocol whose recordings are pictures. */
const PROTOCOL = 'rdp';
/** So often somebody looks for a session that is over. */
const LOOK_MS = 2_000;
const MEMORY_MIB = 512;

/** What a {@link ScreenTextReader} works with. */
export interface ScreenTextServices {
  readonly dataDir: string;
  readonly recordings: Pick<OpenRecordings, 'ask' | 'putScreens'>;
  readonly log: Log;
}

/** Reads, from its making to its {@link close}. */
export class ScreenTextReader {
  readonly #plan: ScreenTextPlan;
  readonly #services: ScreenTextServices;
  readonly #timer: NodeJS.Timeout;
  #worker: Worker | undefined;
  /** The session that is read; a thread that dies of one does not get it again. */
  #reading: string | undefined;
  #isAsking = false;
  #isClosed = false;

  constructor(plan: ScreenTextPlan, services: ScreenTextServices) {
    this.#plan = plan;
    this.#services = services;
    this.#timer = setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  /** What is under way is given up, and begins anew with the next start. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#worker?.terminate();
  }

  async #look(): Promise<void> {
    if (this.#isAsking || this.#reading !== undefined || this.#isClosed) return;
    this.#isAsking = true;
    try {
      const place = await this.#services.recordings.ask('unreadScreens', { protocol: PROTOCOL });
      if (place === undefined || this.#isClosed) return;
      this.#reading = place.session;
      this.#worker ??= this.#start();
      this.#worker.postMessage({ session: place.session } satisfies ReadOrder);
    } catch {
      // The index begins anew, and says so itself: it is asked again soon.
    } finally {
      this.#isAsking = false;
    }
  }

  #start(): Worker {
    const { dataDir, log } = this.#services;
    const worker = new Worker(new URL('./screen-text-worker.ts', import.meta.url), {
      workerData: { dataDir, plan: this.#plan },
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MIB },
    });
    worker.unref();
    worker.on('message', (word: ReadWord) => this.#take(word));
    worker.on('error', (error) => {
      const reason = error.message;
      log.error('text in recorded pictures cannot be read', { session: this.#reading ?? '', reason });
    });
    worker.on('exit', () => {
      this.#worker = undefined;
      if (this.#reading === undefined || this.#isClosed) return;
      this.#services.recordings.putScreens({ session: this.#reading, texts: [], ended: 'failed' });
      this.#reading = undefined;
    });
    return worker;
  }

  #take({ screens, pictures, failures, trouble }: ReadWord): void {
    const { recordings, log } = this.#services;
    this.#reading = undefined;
    recordings.putScreens(screens);
    const { session, texts } = screens;
    if (trouble === undefined) {
      log.info('text in recorded pictures was read', { session, pictures, texts: texts.length });
      return;
    }
    const { code, message: reason } = trouble;
    log.warn('text in recorded pictures cannot be read', { session, code, reason, pictures, failures });
  }
}
