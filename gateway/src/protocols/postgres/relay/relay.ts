/**
 * One authenticated session between a client and a server socket: flow control, expiry, and the end of both.
 * What passes is decided in `requests.ts` and `responses.ts`; this file only moves bytes and closes sockets.
 */
import { takeChunks } from '../../../listener/take-chunks.ts';
import { GatewayError } from '../../../model/gateway-error.ts';
import { clientProtocolError, SERVER_BROKE_PROTOCOL, serverProtocolError } from '../errors.ts';
import { plainError, SqlState } from '../refusal.ts';
import { type Frame, FrameSplitter } from '../wire/frame-splitter.ts';
import { FrontendType } from '../wire/frontend/frontend-type.ts';
import { Asking } from './asking.ts';
import { Cutting } from './cutting.ts';
import { endUpstream } from './end-upstream.ts';
import { Pipeline } from './pipeline.ts';
import { ReadAhead } from './read-ahead.ts';
import { type EndReason, type RelayOptions, UNCANCELLED_ENDS, UNKNOWN_ENDS } from './relay-options.ts';
import { Requests } from './requests.ts';
import { Responses } from './responses.ts';
import { Stage } from './stage.ts';
import { Undoing } from './undoing.ts';
import { UpstreamFlow } from './upstream-flow.ts';
import { ownTerminate, UpstreamWriter } from './upstream-writer.ts';

const EXPIRED = 'token expired; reconnect with a fresh token';

/** Runs one session; `ended` resolves when both sides are closed. */
export class Relay {
  readonly ended: Promise<EndReason>;
  readonly #options: RelayOptions;
  readonly #pipeline: Pipeline;
  readonly #stage: Stage;
  readonly #requests: Requests;
  readonly #asking: Asking;
  readonly #undoing: Undoing;
  readonly #cutting: Cutting;
  readonly #upstream: UpstreamWriter;
  readonly #flow: UpstreamFlow;
  readonly #sessionEnd = new AbortController();
  readonly #responses: Responses;
  readonly #splitter: FrameSplitter;
  readonly #readAhead = new ReadAhead();
  #isBusy = false;
  readonly #goOn = (): void => this.#work();
  readonly #giveUp = (error: unknown): void => this.#fail(error);
  /** Where {@link Relay.#advance} goes on. */
  #step: 'chunk' | 'messages' | 'submit' = 'chunk';
  #isOver = false;
  #hasLapsed = false;
  /** The client has said that it goes; what it asked before is still answered. */
  #isTerminating = false;
  #resolveEnded: (reason: EndReason) => void = () => undefined;
  #waiter: { readonly resolve: () => void; readonly reject: (reason: Error) => void } | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    const { names, judge, client, recording } = options;
    const until = (condition: () => boolean): Promise<void> => this.#until(condition);
    this.#pipeline = new Pipeline({
      onIdle: () => {
        names.portals.clear();
        judge.noteIdle();
      },
      onParameter: options.onParameter,
      report: (kind, bytes, start, end) => options.masks?.reports.report(kind, bytes, start, end),
      notification: (bytes, start, end) => options.masks?.reports.notification(bytes, start, end),
      parameter: (bytes, start, end) => options.masks?.reports.parameterStatus(bytes, start, end),
      onCut: (run) => this.#cutting.cut(run),
      onMustFail: () => this.#undoing.failTransaction(),
      onBlockOver: (end) => this.#undoing.end(end),
    });
    const pipeline = this.#pipeline;
    this.#cutting = this.#newCutting();
    this.#upstream = new UpstreamWriter(options.upstream.socket);
    this.#flow = new UpstreamFlow(options.upstream.socket, client, recording);
    this.#responses = new Responses(pipeline, client);
    this.#splitter = new FrameSplitter({
      maxFrameBytes: options.maxMessageBytes,
      streams: (type) => type === FrontendType.CopyData,
    });
    this.#stage = new Stage({
      gate: options.gate,
      pipeline,
      upstream: this.#upstream,
      recording,
      watch: (run) => this.#cutting.watch(run),
      isCutting: () => this.#cutting.isBusy,
      until,
      sendLocals: () => this.#responses.sendLocals(),
      isOver: () => this.#isOver,
    });
    const { signal: sessionEnd } = this.#sessionEnd;
    const both = { judge, pipeline, stage: this.#stage };
    this.#undoing = new Undoing({ ...both, upstream: this.#upstream, until });
    this.#asking = new Asking({ ...both, masks: options.masks?.forExchange, until, sessionEnd });
    this.#requests = new Requests({
      ...both,
      names,
      waitUntil: (condition) => this.#waitUntil(condition),
      asking: this.#asking,
      undoing: this.#undoing,
      remember: options.masks?.remember,
      hideRows: options.masks?.hideRows,
      lookups: options.masks?.lookups,
      recording,
    });
  }

  #newCutting(): Cutting {
    const { upstream } = this.#options;
    return new Cutting({
      pipeline: this.#pipeline,
      cancel: () => upstream.cancel(),
      drain: () => {
        this.#stage.pushOut();
        this.#flow.resume();
      },
      endCopy: (run) => !this.#splitter.isMidMessage && this.#requests.endCopy(run),
      wake: () => this.#wake(),
      giveUp: () => this.#fail(serverProtocolError('the server does not stop what was cancelled')),
    });
  }

  /** Begins to move bytes. */
  start(): void {
    const { client, upstream } = this.#options;
    takeChunks(client, (chunk) => {
      this.#fromClient(chunk);
      return true;
    });
    client.on('drain', () => {
      this.#flow.resume();
      this.#wake();
    });
    client.on('error', () => this.#end('client-gone'));
    client.on('close', () => this.#clientGone());
    client.on('end', () => this.#clientGone());
    takeChunks(upstream.socket, (chunk) => {
      this.#fromUpstream(chunk);
      return client.writableLength > 0 || this.#responses.isHolding;
    });
    upstream.socket.on('drain', () => this.#wake());
    upstream.socket.on('error', () => this.#upstreamGone());
    upstream.socket.on('close', () => this.#upstreamGone());
    if (upstream.leftover.length > 0) this.#fromUpstream(upstream.leftover);
    // Whoever is gone already has told so before anybody listened here.
    if (client.destroyed || client.readableEnded) this.#end('client-gone');
    if (upstream.socket.destroyed) this.#upstreamGone();
    upstream.socket.resume();
    client.resume();
  }

  /** Ends the session at once and cancels what runs upstream (P12: kill, revocation). */
  kill(message: string): void {
    this.#fatal(SqlState.invalidAuthorization, message, 'killed');
  }

  /** The client cancels: where it waits for people, it is told so far; else the server is asked. */
  cancel(): void {
    this.#asking.cancel();
  }

  /** The gateway stops: said with PostgreSQL's own code, so that pools reconnect, to another gateway or later. */
  stop(): void {
    this.#fatal(SqlState.adminShutdown, 'the gateway is shutting down', 'gateway-stopped');
  }

  /**
   * The token is past expiry and grace (P12): work in flight is cancelled and the server connection closed. An idle
   * client keeps its socket and is told on its next message, because closing an idle pooled connection crashes naive
   * clients.
   */
  expire(): void {
    if (this.#isOver || this.#hasLapsed) return;
    if (this.#pipeline.length > 0 || this.#isBusy) {
      this.#fatal(SqlState.invalidAuthorization, EXPIRED, 'expired');
      return;
    }
    this.#hasLapsed = true;
    this.#endUpstream();
  }

  #fromClient(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#hasLapsed || this.#options.isExpired()) {
      this.#fatal(SqlState.invalidAuthorization, EXPIRED, 'expired');
      return;
    }
    this.#readAhead.push(chunk, this.#isBusy);
    if (this.#isBusy) {
      if (this.#readAhead.isFull) this.#options.client.pause();
      return;
    }
    this.#isBusy = true;
    this.#work();
  }

  /** Goes on until it must wait or nothing is left; a promise is made only to wait for. */
  #work(): void {
    try {
      while (this.#isBusy && !this.#isOver) {
        const waiting = this.#advance();
        if (waiting === undefined) continue;
        waiting.then(this.#goOn, this.#giveUp);
        return;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** One step: the messages of a chunk one by one, then what they want to send, then the next chunk. */
  #advance(): Promise<void> | undefined {
    if (this.#step === 'messages') {
      const frame = this.#splitter.next();
      if (frame !== undefined) return this.#takeMessage(frame);
      this.#step = 'submit';
      return this.#stage.isForPeople ? undefined : this.#submit();
    }
    if (this.#step === 'submit') {
      this.#step = 'chunk';
      return this.#untilRead();
    }
    const chunk = this.#readAhead.shift();
    if (chunk === undefined) {
      this.#isBusy = false;
      if (this.#options.client.isPaused()) this.#options.client.resume();
      return undefined;
    }
    this.#splitter.push(chunk);
    this.#step = 'messages';
    return undefined;
  }

  #takeMessage(frame: Frame): Promise<void> | undefined {
    if (frame.type !== FrontendType.Terminate) return this.#requests.take(frame);
    const submitted = this.#requests.settled() ?? this.#submit();
    if (submitted !== undefined) return submitted.then(() => this.#terminate());
    this.#terminate();
    return undefined;
  }

  /** As the server does: what was asked before is answered, unless the client has gone already. */
  #terminate(): void {
    if (this.#pipeline.length === 0) {
      this.#end('terminated');
      return;
    }
    this.#isTerminating = true;
    this.#upstream.sendControl(ownTerminate());
    this.#upstream.flush();
  }

  /** The gateway's own answers pile up where a client asks and does not read (P10). */
  #untilRead(): Promise<void> | undefined {
    const { client } = this.#options;
    return client.writableNeedDrain ? this.#until(() => !client.writableNeedDrain) : undefined;
  }

  #submit(): Promise<void> | undefined {
    this.#requests.closeDraft();
    if (this.#stage.isEmpty) return undefined;
    const submitted = this.#stage.submit();
    if (typeof submitted === 'boolean') return this.#untilWritten(submitted);
    return submitted.then((isKeepingUp) => this.#untilWritten(isKeepingUp));
  }

  #untilWritten(isKeepingUp: boolean): Promise<void> | undefined {
    if (isKeepingUp || this.#isOver) return undefined;
    const { socket } = this.#options.upstream;
    return this.#until(() => !socket.writableNeedDrain);
  }

  async #waitUntil(condition: () => boolean): Promise<void> {
    await this.#submit();
    await this.#until(condition);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#isOver) throw clientProtocolError('the session is over');
      await new Promise<void>((resolve, reject) => {
        this.#waiter = { resolve, reject };
      });
    }
  }

  #wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve();
  }

  #fromUpstream(chunk: Buffer): void {
    // An expired session gets nothing more: no notification either.
    if (this.#isOver || this.#hasLapsed) return;
    try {
      const congestion = this.#responses.take(chunk);
      if (congestion !== undefined) this.#flow.hold(congestion).catch((error: unknown) => this.#fail(error));
      this.#wake();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The session cannot be recorded any more: nothing more is delivered. */
  recordingFailed(error: GatewayError): void {
    this.#fail(error);
  }

  #clientGone(): void {
    this.#end(this.#isTerminating ? 'terminated' : 'client-gone');
  }

  #upstreamGone(): void {
    if (this.#hasLapsed) return;
    this.#end(this.#isTerminating ? 'terminated' : 'upstream-closed');
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    const known = error instanceof GatewayError ? error : undefined;
    const code = known?.code ?? 'ERR_INTERNAL';
    this.#options.log.warn('session failed', {
      code,
      reason: error instanceof Error ? error.message : String(error),
    });
    if (known?.code === 'ERR_ENFORCEMENT_UNRECORDED' || known?.code === 'ERR_RECORDING_UNWRITABLE') {
      this.#fatal(SqlState.ioError, known.publicMessage ?? code, 'internal-error');
    } else if (known?.source === 'downstream') {
      this.#fatal(SqlState.protocolViolation, known.publicMessage ?? known.message, 'protocol-error');
    } else {
      const isUpstream = known?.source === 'upstream';
      const message = isUpstream ? SERVER_BROKE_PROTOCOL : 'the gateway failed on this session and closed it';
      const reason = isUpstream ? 'upstream-protocol-error' : 'internal-error';
      this.#fatal(SqlState.systemError, known?.publicMessage ?? message, reason);
    }
  }

  #fatal(sqlState: string, message: string, reason: EndReason): void {
    if (this.#isOver) return;
    this.#tellFatal(sqlState, message);
    this.#end(reason);
  }

  /** Half a row is no place for an error: the client would take it for the other half. */
  #tellFatal(sqlState: string, message: string): void {
    if (!this.#responses.isMidMessage) this.#options.client.write(plainError(sqlState, message, 'FATAL'));
  }

  #endUpstream(): void {
    endUpstream(this.#options.upstream.socket, this.#splitter.isMidMessage || this.#isTerminating);
  }

  #end(reason: EndReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sessionEnd.abort();
    this.#cutting.close();
    const { client } = this.#options;
    const isWorking = this.#pipeline.length > 0;
    const isUnknown = UNKNOWN_ENDS.has(reason);
    this.#pipeline.abandon(isUnknown ? 'unknown' : 'cancelled');
    this.#waiter?.reject(clientProtocolError('the session is over'));
    if (!this.#hasLapsed) {
      if (isWorking && !UNCANCELLED_ENDS.has(reason)) {
        this.#options.upstream.cancel().catch(() => undefined);
      }
      this.#endUpstream();
    }
    if (reason === 'upstream-closed' && !this.#pipeline.sawFatal && !client.destroyed) {
      this.#tellFatal(SqlState.systemError, 'the database server closed the connection');
    }
    this.#closeClient();
    this.#resolveEnded(reason);
  }

  /**
   * Lets the client read what was written: closing over unread input would reset the connection and lose it.
   * The listener destroys a socket that lingers.
   */
  #closeClient(): void {
    const { client } = this.#options;
    client.end();
    client.resume();
  }
}
