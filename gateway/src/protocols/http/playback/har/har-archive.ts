/** HTTP exchanges as entries of an HTTP archive (HAR 1.2), for the tools of browsers. */
import type { JsonObject } from '../../../../model/json.ts';
import type {
  ArchivedSession,
  ArchiveEntry,
  ExchangeArchive,
  RecordedDirection,
  RecordedExchange,
} from '../../../../model/recorded-exchange.ts';
import { headBytesOf, readMessage } from '../recorded-message.ts';
import { type HarMessage, readMessages } from './har-messages.ts';
import { harRequest } from './har-request.ts';
import { harResponse } from './har-response.ts';
import { harTimings } from './har-timings.ts';

/** What clients send over WebSockets is held until these end, up to this. */
const MOST_HELD_BYTES = 64 * 1024 * 1024;

/** Makes the entries of one session. */
export class HarArchive implements ExchangeArchive {
  readonly #session: ArchivedSession;
  readonly #openedMs: number;
  /** Messages of clients over WebSockets that have not ended, by their paths. */
  readonly #held = new Map<string, HeldMessages>();
  #heldBytes = 0;
  #missing: string | undefined;

  constructor(session: ArchivedSession) {
    this.#session = session;
    this.#openedMs = Date.parse(session.openedAt);
  }

  async add(exchange: RecordedExchange): Promise<ArchiveEntry | undefined> {
    const path = messagePathOf(exchange);
    if (path === undefined) return await this.#entry(exchange);
    this.#hold(path, exchange);
    return undefined;
  }

  end(): string | undefined {
    return this.#held.size === 0
      ? this.#missing
      : 'there are messages of a WebSocket whose beginning is not exported';
  }

  async #entry(exchange: RecordedExchange): Promise<ArchiveEntry> {
    const session = this.#session;
    const answer = bytesOf(exchange.delivered);
    const answered = readMessage(answer);
    const request = harRequest(session, exchange, readMessage(bytesOf(exchange.sent)));
    const isSocket = answered?.start.includes(' 101') === true;
    const response = await harResponse(
      session,
      exchange,
      isSocket ? { ...answered, body: NOTHING } : answered,
    );
    const messages = isSocket ? this.#messagesOf(exchange, headBytesOf(answer)) : undefined;
    const missing = response.missing ?? request.missing ?? messages?.missing ?? cutOf(exchange);
    const entry = {
      pageref: session.session,
      startedDateTime: new Date(this.#openedMs + exchange.beganMs).toISOString(),
      ...harTimings(exchange),
      request: request.value,
      response: response.value,
      cache: {},
      connection: session.session,
      ...(messages === undefined
        ? {}
        : { _resourceType: 'websocket', _webSocketMessages: messages.messages.map((one) => ({ ...one })) }),
      _sallyport: {
        ...ownOf(exchange),
        ...(messages === undefined || messages.denied.length === 0
          ? {}
          : { deniedMessages: messages.denied }),
      },
      ...(missing === undefined ? {} : { comment: missing }),
    };
    return { entry, ...(missing === undefined ? {} : { missing }) };
  }

  /** Each message of a client was judged by itself, so it is an exchange by itself. */
  #hold(path: string, { beganMs, request, sent }: RecordedExchange): void {
    const { decision, rules, effect, cause = '' } = request;
    const held = this.#held.get(path) ?? { sent: [], denied: [] };
    this.#held.set(path, held);
    if (effect === 'deny') {
      const time = (this.#openedMs + beganMs) / 1000;
      held.denied.push({ time, decision, cause, rules });
      this.#count(DENIED_BYTES);
      return;
    }
    const read = readMessages(sent, { type: 'send', openedMs: this.#openedMs, skipped: 0 });
    this.#missing ??= read.missing;
    for (const message of read.messages) {
      if (!this.#count(message.data.length)) return;
      held.sent.push({ ...message, _decision: decision, _rules: rules.join(', ') });
    }
  }

  /** Whether so much more may be held. */
  #count(bytes: number): boolean {
    this.#heldBytes += bytes;
    if (this.#heldBytes <= MOST_HELD_BYTES) return true;
    this.#missing = 'there are more messages of WebSockets than are held';
    return false;
  }

  #messagesOf(exchange: RecordedExchange, headBytes: number): SocketMessages {
    const path = pathOf(exchange.request.request['text']);
    const { sent, denied } = this.#held.get(path) ?? { sent: [], denied: [] };
    this.#held.delete(path);
    const told = { type: 'receive', openedMs: this.#openedMs, skipped: headBytes } as const;
    const { messages, missing } = readMessages(exchange.delivered, told);
    const all = [...sent, ...messages].sort((left, right) => left.time - right.time);
    return { messages: all, denied, missing: missing ?? this.#missing };
  }
}

interface HeldMessages {
  readonly sent: HarMessage[];
  readonly denied: JsonObject[];
}

interface SocketMessages {
  readonly messages: readonly HarMessage[];
  /** What the gateway kept from the service. */
  readonly denied: readonly JsonObject[];
  readonly missing?: string | undefined;
}

const NOTHING = Buffer.alloc(0);
/** About what the record of a denied message holds. */
const DENIED_BYTES = 400;

/** The path of the WebSocket that a message went over; undefined for what is no message. */
function messagePathOf({ request: { request } }: RecordedExchange): string | undefined {
  if (request['message'] !== 'text' && request['message'] !== 'binary') return undefined;
  const { text } = request;
  return typeof text === 'string' ? /^message to (\S+)/.exec(text)?.[1] : undefined;
}

function pathOf(text: unknown): string {
  return typeof text === 'string' ? (/^\S+ ([^?\s]*)/.exec(text)?.[1] ?? '') : '';
}

function bytesOf({ pieces }: RecordedDirection): Buffer {
  return Buffer.concat(pieces.map(({ bytes }) => bytes));
}

function cutOf({ omitted }: RecordedExchange): string | undefined {
  return omitted.length === 0 ? undefined : `cut on record: ${omitted.join(', ')} of the request`;
}

/** What archives have no word for: the decision, and how its obligations were kept. */
function ownOf({ number, request, outcome, notes }: RecordedExchange): JsonObject {
  const { exchange, summary, effect, decision, cause, rules, observed, policy, grant } = request;
  const { hints } = request.request;
  return {
    number,
    exchange,
    summary,
    effect,
    decision,
    ...(cause === undefined ? {} : { cause }),
    rules,
    ...(grant === undefined ? {} : { grant }),
    ...(observed === undefined || observed.length === 0
      ? {}
      : { observed: observed.map((one) => ({ ...one })) }),
    policy: { ...policy },
    ...(hints === undefined ? {} : { hints }),
    ...(outcome === undefined
      ? {}
      : {
          status: outcome.status,
          result: outcome.result,
          ...(outcome.masked === undefined ? {} : { masked: outcome.masked }),
          droppedBytes: outcome.droppedBytes,
        }),
    ...(notes.length === 0 ? {} : { notes: notes.map((note) => ({ ...note })) }),
  };
}
