/** The way up: each message of the client is joined, judged, and sent on, or its denial is told. */
import type { Gate } from '../../../../enforcement/gate.ts';
import type { Permit } from '../../../../enforcement/permit.ts';
import type { Obligation } from '../../../../model/obligation.ts';
import { ExchangeRecord } from '../exchange-record.ts';
import { type DeniedMessage, denialAnswer } from './denial-answer.ts';
import type { FrameWriter } from './frame-writer.ts';
import { type Joined, MessageJoiner } from './message-joiner.ts';
import { CLIENT_GONE, type SocketEnd, SocketEndError } from './socket-end.ts';
import type { JudgedMessage, Message } from './socket-judge.ts';
import type { SocketSide } from './socket-side.ts';

/** What client messages are taken with. */
export interface ClientMessagesOptions {
  readonly side: SocketSide;
  readonly toService: FrameWriter;
  readonly toClient: FrameWriter;
  readonly judge: (message: Message) => Promise<JudgedMessage>;
  readonly gate: Pick<Gate, 'settle'>;
  /** Of the WebSocket itself: what the gateway says belongs to it. */
  readonly record: ExchangeRecord;
  /** Most bytes of a message that are looked at. */
  readonly inspectionBytes: number;
  readonly denied: Pick<DeniedMessage, 'speech' | 'protocol' | 'told'>;
  /** Called when the client closes while a message of its is being judged. */
  readonly onLeave: () => void;
  /** What a permitted message obliges to is taken up before it is sent. */
  readonly oblige: (obligations: readonly Obligation[]) => void;
}

/** A message on its way. */
interface Sending {
  readonly permit: Permit;
  readonly record: ExchangeRecord;
  bytes: number;
}

/** Takes the messages of a client until one side has enough. */
export class ClientMessages {
  readonly #options: ClientMessagesOptions;
  readonly #joiner: MessageJoiner;
  #sending: Sending | undefined;
  #isOver = false;
  /** Messages that were sent on. */
  sent = 0;
  refused = 0;
  /** Bytes of those messages. */
  bytes = 0;

  constructor(options: ClientMessagesOptions) {
    this.#options = options;
    this.#joiner = new MessageJoiner(options.inspectionBytes);
  }

  /** From now on nothing is sent on: what still comes is read until the close frame, and goes nowhere. */
  stop(): void {
    this.#isOver = true;
  }

  /** Resolves with how the client ended it. Rejects where the gateway has to. */
  async run(): Promise<SocketEnd> {
    try {
      for (;;) {
        const part = await this.#options.side.next();
        if (part === 'end') return CLIENT_GONE;
        // A reason is text that nobody judged: it is not sent on.
        if (part.kind === 'close') return { by: 'client', code: part.code, reason: '' };
        if (this.#isOver) continue;
        const joined = this.#joiner.take(part);
        if (joined !== undefined) await this.#pass(joined);
      }
    } finally {
      this.#abandon();
    }
  }

  /** Behind the end: reads what still comes. Never rejects. */
  drain(): Promise<void> {
    return this.#options.side.drain();
  }

  async #pass(joined: Joined): Promise<void> {
    if (joined.kind === 'rest') {
      await this.#send(joined, { first: false, last: joined.last });
      return;
    }
    const judging = this.#options.judge(joined);
    this.#options.side.readAhead(this.#options.onLeave);
    const judged = await judging;
    if (this.#isOver) {
      if ('permit' in judged) this.#options.gate.settle(judged.permit, CANCELLED);
      return;
    }
    if ('denied' in judged) {
      await this.#tell(judged, joined);
      return;
    }
    const { permit, obligations } = judged;
    this.#sending = { permit, record: new ExchangeRecord(permit), bytes: 0 };
    this.#options.oblige(obligations);
    await this.#send(joined, { first: true, last: !this.#joiner.isPassing });
  }

  async #send(
    { isText, bytes }: Pick<Joined, 'isText' | 'bytes'>,
    place: { readonly first: boolean; readonly last: boolean },
  ): Promise<void> {
    const sending = this.#sending;
    if (sending === undefined) return;
    sending.bytes += bytes.length;
    this.bytes += bytes.length;
    await this.#options.toService.data(sending.record, { isText, bytes, ...place });
    if (!place.last) return;
    this.#sending = undefined;
    this.sent += 1;
    this.#options.gate.settle(sending.permit, { status: 'ok', result: { bytes: sending.bytes } });
  }

  async #tell(
    { denied, facts }: Extract<JudgedMessage, { denied: unknown }>,
    message: Message,
  ): Promise<void> {
    this.refused += 1;
    const json = facts.statements[0]?.attributes['body'];
    const { isComplete } = message;
    const answer = denialAnswer(denied, { ...this.#options.denied, json, isComplete });
    if (answer.kind === 'end') throw new SocketEndError(answer.end);
    const { toClient, record } = this.#options;
    if (await toClient.text(record, answer.text, TELL_MS)) return;
    throw new SocketEndError(answer.instead);
  }

  /** What was begun and not sent to its end. */
  #abandon(): void {
    if (this.#sending === undefined) return;
    const { permit, bytes } = this.#sending;
    this.#sending = undefined;
    this.#options.gate.settle(permit, { ...CANCELLED, result: { bytes } });
  }
}

/** How long a denial waits for the end of a message that the service has begun. */
const TELL_MS = 2_000;
const CANCELLED = { status: 'cancelled', result: { bytes: 0 } } as const;
