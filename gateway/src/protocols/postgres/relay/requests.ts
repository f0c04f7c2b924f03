/**
 * The client's half of a session: each message is judged, its intent put on file, then forwarded or refused; by families
 * of messages, in the files that this one hands them to. Opens no socket; see `relay.ts` for flow control.
 */
import { clientProtocolError } from '../errors.ts';
import type { Frame } from '../wire/frame-splitter.ts';
import { checkBareMessage } from '../wire/frontend/bare-frontend-messages.ts';
import { FrontendType } from '../wire/frontend/frontend-type.ts';
import { CopyIn } from './copy-in.ts';
import type { ExchangeRun } from './exchange-run.ts';
import { Exchanges } from './exchanges.ts';
import { ExtendedRequests } from './extended-requests.ts';
import { Ordering } from './ordering.ts';
import type { RequestServices, Waiting } from './request-services.ts';
import { SimpleRequests } from './simple-requests.ts';
import type { Slice } from './stage.ts';
import { controlMessage } from './upstream-writer.ts';

/** Operations a client may have in flight before it is read no further (P10). */
const MAX_IN_FLIGHT = 1024;

/** Handles frontend messages one after the other. */
export class Requests {
  readonly #services: RequestServices;
  readonly #exchanges: Exchanges;
  readonly #ordering: Ordering;
  readonly #simple: SimpleRequests;
  readonly #extended: ExtendedRequests;
  readonly #copyIn: CopyIn;

  constructor(services: RequestServices) {
    this.#services = services;
    this.#exchanges = new Exchanges(services);
    this.#ordering = new Ordering(services, this.#exchanges);
    this.#simple = new SimpleRequests(services, this.#exchanges, this.#ordering);
    this.#extended = new ExtendedRequests(services, this.#exchanges, this.#ordering);
    this.#copyIn = new CopyIn(services.pipeline, services.stage);
  }

  /** Takes one message; a promise when it had to wait. */
  take(frame: Frame): Waiting {
    if (!this.#mustSettle && !this.#copyIn.isEnding && this.#services.pipeline.length < MAX_IN_FLIGHT)
      return this.#take(frame);
    return this.#ready().then(() => this.#take(frame));
  }

  /** Waits where what was sent last may still have to be undone. */
  settled(): Waiting {
    const { pipeline, waitUntil } = this.#services;
    return this.#mustSettle ? waitUntil(() => !pipeline.isUnsettled) : undefined;
  }

  /** A text or a batch has ended that may still have to be undone; data of a COPY belong to it. */
  get #mustSettle(): boolean {
    const { pipeline } = this.#services;
    return pipeline.isUnsettled && !this.#exchanges.batch.isOpen && !this.#copyIn.isActive;
  }

  /** Ends the current exchange record: what comes later is an exchange of its own. */
  closeDraft(): void {
    this.#exchanges.close();
  }

  /** The time of a COPY from the client is up. Only between two messages. */
  endCopy(run: ExchangeRun): boolean {
    this.#copyIn.cut(run);
    return true;
  }

  async #ready(): Promise<void> {
    const { pipeline, waitUntil } = this.#services;
    if (pipeline.length >= MAX_IN_FLIGHT) {
      this.#ordering.pushOut();
      await waitUntil(() => pipeline.length < MAX_IN_FLIGHT / 2);
    }
    await this.settled();
    // Whether the same text has another COPY for what comes now, only the server's answer tells.
    await waitUntil(() => !this.#copyIn.isEnding);
  }

  #take(frame: Frame): Waiting {
    // The splitter reuses its frame, and handlers may wait.
    const slice = { bytes: frame.bytes, start: frame.start, end: frame.end };
    if (this.#copyIn.take(frame, slice)) return this.#copyIn.isRecordingBehind ? this.#recorded() : undefined;
    if (frame.type === FrontendType.Sync) return this.#sync(slice);
    if (this.#exchanges.batch.isSkipping) return undefined;
    switch (frame.type) {
      case FrontendType.Query:
        return this.#simple.query(slice);
      case FrontendType.Parse:
        return this.#extended.parse(slice);
      case FrontendType.Bind:
        return this.#extended.bind(slice);
      case FrontendType.Execute:
        return this.#extended.execute(slice);
      case FrontendType.Describe:
        return this.#extended.describe(slice);
      case FrontendType.Close:
        return this.#extended.close(slice);
      case FrontendType.Flush:
        checkBareMessage(slice.bytes, slice.start, slice.end);
        return this.#extended.control(slice, undefined);
      case FrontendType.FunctionCall:
        return this.#simple.functionCall(slice);
      default:
        throw clientProtocolError(`message type 0x${frame.type.toString(16)} is not allowed here`);
    }
  }

  #sync(slice: Slice): undefined {
    checkBareMessage(slice.bytes, slice.start, slice.end);
    this.#exchanges.close();
    this.#exchanges.batch.sync(controlMessage(slice.bytes, slice.start, slice.end));
    return undefined;
  }

  /** COPY data is read no faster than it is put on record (P10). */
  async #recorded(): Promise<void> {
    const { recording } = this.#services;
    await recording?.whenDrained();
    if (recording?.failed !== undefined) throw recording.failed;
  }
}
