/** Server-sent events (WHATWG HTML, section 9.2): bounded in number, in life and in what waits for a slow client. */
import type { Principal } from '../model/principal.ts';
import { ApiError } from './errors.ts';

/** One event of a stream; `id` is what a client resumes from. */
export interface StreamedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** What a stream follows. */
export interface StreamSource {
  /** What to send first: what the client missed, or where it stands. */
  readonly first: readonly StreamedEvent[];
  /** Calls back for each event from now on; the result ends that. */
  subscribe(listener: (event: StreamedEvent) => void): () => void;
  /** The client's token is valid for so long, in milliseconds. */
  readonly validMs: number;
}

/** Bounds on streams. */
export interface StreamLimits {
  readonly total: number;
  readonly perPrincipal: number;
  readonly keepAliveMs: number;
  /** A client that is further behind than this many bytes is cut off, and resumes. */
  readonly maxBehindBytes: number;
  readonly maxLifeMs: number;
}

const DEFAULT_LIMITS: StreamLimits = {
  total: 24,
  perPrincipal: 4,
  keepAliveMs: 15_000,
  maxBehindBytes: 256 * 1024,
  maxLifeMs: 900_000,
};

/** All streams of an API. */
export class EventStreams {
  readonly #limits: StreamLimits;
  readonly #open = new Map<() => void, Principal>();
  #isClosed = false;

  constructor(limits: Partial<StreamLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** Begins a stream. @throws ApiError `ERR_API_BUSY` */
  open(principal: Principal, source: StreamSource): ReadableStream<Uint8Array> {
    const own = [...this.#open.values()].filter((one) => isSameSubject(one, principal)).length;
    if (this.#isClosed || this.#open.size >= this.#limits.total || own >= this.#limits.perPrincipal) {
      throw new ApiError('ERR_API_BUSY', 'as many streams are open as may be; close one, or try again later');
    }
    const { keepAliveMs, maxBehindBytes, maxLifeMs } = this.#limits;
    let stop = (): void => undefined;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const timers: NodeJS.Timeout[] = [];
          let unsubscribe = (): void => undefined;
          const end = (): void => {
            stop();
            controller.close();
          };
          stop = () => {
            this.#open.delete(end);
            unsubscribe();
            for (const timer of timers) clearTimeout(timer);
          };
          const send = (text: string): void => {
            if (!this.#open.has(end)) return;
            controller.enqueue(Buffer.from(text));
            if ((controller.desiredSize ?? 0) <= 0) end();
          };
          this.#open.set(end, principal);
          unsubscribe = source.subscribe((event) => send(frame(event)));
          timers.push(setInterval(() => send(': keep-alive\n\n'), keepAliveMs).unref());
          timers.push(setTimeout(end, Math.max(0, Math.min(source.validMs, maxLifeMs))).unref());
          send('retry: 3000\n\n');
          for (const event of source.first) send(frame(event));
        },
        cancel: () => stop(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: maxBehindBytes }),
    );
  }

  /** How many are open. */
  get count(): number {
    return this.#open.size;
  }

  /** Ends all, or those of certain principals; those who follow may begin anew. */
  end(isOver: (principal: Principal) => boolean = () => true): void {
    for (const [end, principal] of [...this.#open]) if (isOver(principal)) end();
  }

  /** Ends all, and begins no more. */
  close(): void {
    this.#isClosed = true;
    this.end();
  }
}

/** Whether both are the same subject of an issuer. */
export function isSameSubject(left: Principal, right: Principal): boolean {
  return left.issuer === right.issuer && left.subject === right.subject;
}

/** JSON has no line ends of its own, so one `data:` line holds it. */
function frame({ id, event, data }: StreamedEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
