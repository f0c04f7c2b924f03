/** Puts the exchanges of a recording together from its entries, in bounded memory. What is no exchange is left out. */
import { z } from 'zod';
import type { JsonObject } from '../../model/json.ts';
import type { ArchivedSession, RecordedExchange } from '../../model/recorded-exchange.ts';
import type { ReplayEntry } from '../../recording/replay.ts';
import { CliError } from '../errors.ts';

/** Of one direction of an exchange so much is held. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Of all exchanges that are open at once. */
const MOST_HELD_BYTES = 512 * 1024 * 1024;

const json = z.record(z.string(), z.json());
const sessionHead = z.looseObject({
  session: z.string(),
  protocol: z.string(),
  resource: z.string(),
  account: z.string(),
  openedAt: z.iso.datetime(),
  results: z.boolean().default(true),
  sourceAddress: z.string().default(''),
  hints: z.record(z.string(), z.string()).default({}),
  details: json.default({}),
  principal: z.looseObject({ issuer: z.string(), subject: z.string() }).default({ issuer: '', subject: '' }),
});
const beginHead = z.looseObject({
  exchange: z.string(),
  request: json,
  summary: z.string(),
  effect: z.enum(['permit', 'deny']),
  decision: z.string(),
  rules: z.array(z.string()),
  policy: z.looseObject({ hash: z.string() }),
  cause: z.string().exactOptional(),
  grant: z.string().exactOptional(),
  observed: z.array(z.looseObject({ rule: z.string(), effect: z.string() })).exactOptional(),
  omitted: z.array(z.looseObject({ path: z.string() })).default([]),
  results: z.boolean().default(true),
});
const endHead = z.looseObject({
  status: z.enum(['ok', 'error', 'cancelled', 'unknown', 'refused']),
  result: json,
  durationMs: z.number().default(0),
  masked: json.exactOptional(),
  droppedBytes: z.number().default(0),
});
const noteHead = z.looseObject({ name: z.string(), details: json });

/** @throws CliError for a recording whose first entry tells nothing */
export function readSessionHead(head: object): ArchivedSession {
  const read = sessionHead.safeParse(head);
  if (read.success) return read.data as unknown as ArchivedSession;
  throw new CliError('ERR_CLI_USAGE', 'the recording does not say whose it is: sallyport sessions verify');
}

type Direction = { pieces: { ms: number; bytes: Buffer }[]; length: number; isCut: boolean };
type Open = Omit<RecordedExchange, 'sent' | 'delivered' | 'outcome'> & {
  readonly sent: Direction;
  readonly delivered: Direction;
  readonly notes: { name: string; details: JsonObject }[];
};

/** Collects exchanges. */
export class ExchangeCollector {
  readonly #open = new Map<number, Open>();
  #heldBytes = 0;
  #unread = 0;

  /** Exchanges whose beginning could not be read. */
  get unread(): number {
    return this.#unread;
  }

  /** Takes an entry; the exchange that is over with it, if one is. */
  take(entry: ReplayEntry): RecordedExchange | undefined {
    switch (entry.type) {
      case 'begin':
        this.#begin(entry.exchange, entry.ms, entry.head);
        return undefined;
      case 'data':
        this.#data(entry.exchange, entry.kind, { ms: entry.ms, bytes: entry.bytes });
        return undefined;
      case 'note':
        this.#note(entry.exchange, entry.head);
        return undefined;
      case 'end':
        return this.#end(entry.exchange, entry.ms, entry.head);
      default:
        return undefined;
    }
  }

  /** Exchanges that have no end, in the order in which they began. */
  rest(): readonly RecordedExchange[] {
    const open = [...this.#open.values()];
    this.#open.clear();
    return open;
  }

  #begin(number: number, beganMs: number, head: object): void {
    const read = beginHead.safeParse(head);
    if (!read.success) {
      this.#unread += 1;
      return;
    }
    const { omitted, results, ...request } = read.data;
    this.#open.set(number, {
      number,
      beganMs,
      request: request as unknown as RecordedExchange['request'],
      omitted: omitted.map(({ path }) => path),
      results,
      sent: { pieces: [], length: 0, isCut: false },
      delivered: { pieces: [], length: 0, isCut: false },
      notes: [],
    });
  }

  #data(number: number, kind: string, piece: { readonly ms: number; readonly bytes: Buffer }): void {
    const open = this.#open.get(number);
    if (open === undefined || kind === 'context') return;
    const direction = kind === 'request' ? open.sent : open.delivered;
    const { length } = piece.bytes;
    if (direction.length + length > MOST_BYTES || this.#heldBytes + length > MOST_HELD_BYTES)
      direction.isCut = true;
    // What comes after a gap would be read as if it followed.
    if (direction.isCut) return;
    // The bytes are good until the next entry only.
    direction.pieces.push({ ms: piece.ms, bytes: Buffer.from(piece.bytes) });
    direction.length += length;
    this.#heldBytes += length;
  }

  #note(number: number, head: object): void {
    const read = noteHead.safeParse(head);
    if (read.success)
      this.#open.get(number)?.notes.push({ name: read.data.name, details: read.data.details });
  }

  #end(number: number, endedMs: number, head: object): RecordedExchange | undefined {
    const open = this.#open.get(number);
    if (open === undefined) return undefined;
    this.#open.delete(number);
    this.#heldBytes -= open.sent.length + open.delivered.length;
    const read = endHead.safeParse(head);
    if (!read.success) return open;
    const { status, result, durationMs, masked, droppedBytes } = read.data;
    return {
      ...open,
      outcome: {
        status,
        result,
        durationMs,
        ...(masked === undefined ? {} : { masked }),
        droppedBytes,
        endedMs,
      },
    };
  }
}
