/** From a permit to an answer: the request up, the response down, both at once where the service answers early. */

import type { ExchangeLimits } from '../../../enforcement/limits/exchange-limits.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { Outcome } from '../../../enforcement/verdict.ts';
import type { JsonObject, JsonValue } from '../../../model/json.ts';
import type { ClientStream } from '../downstream/client-stream.ts';
import { HttpError } from '../errors.ts';
import { isSafe } from '../facts/method.ts';
import type { RequestForm } from '../facts/request-form.ts';
import type { ResponseMask } from '../masking/response-mask.ts';
import { encodeRefusal, errorRefusal } from '../refusal.ts';
import type { HttpSession } from '../session.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import { HttpUpstreamError } from '../upstream/errors.ts';
import { type InjectedField, poolKey, type Upstreams } from '../upstream/services.ts';
import type { ResponseHead } from '../wire/head/response-head.ts';
import { AnswerLimits } from './answer-limits.ts';
import { ExchangeRecord } from './exchange-record.ts';
import type { JudgedRequest } from './request.ts';
import { requestFraming, requestHead, sendRequest } from './send-request.ts';
import { responseHead, sendBody } from './send-response.ts';

/** What an exchange is carried out with. */
export interface Forwarding {
  readonly client: ClientStream;
  readonly session: HttpSession;
  readonly request: JudgedRequest;
  readonly form: RequestForm;
  readonly prefix: string;
  readonly upstreams: Upstreams;
  readonly isDraining: () => boolean;
  readonly limits: ExchangeLimits | undefined;
  readonly mask: ResponseMask | undefined;
}

/** What came of it. */
export interface Forwarded {
  readonly outcome: Outcome;
  /** The connection to the client cannot carry another request. */
  readonly closes: boolean;
}

/** After an answer that came before the end of its request: so long the rest is read, or the client would miss the answer. */
const REST_MS = 2_000;

/** Carries out what the permit is for (P1). Answers the client in every case, or cuts its connection. Never rejects. */
export async function forward(permit: Permit, forwarding: Forwarding): Promise<Forwarded> {
  const { client, session, request } = forwarding;
  const record = new ExchangeRecord(permit);
  const limits = new AnswerLimits(forwarding.limits, permit.decision);
  const run = new Run(forwarding, record, limits);
  const signal = AbortSignal.any([client.gone, session.over]);
  const onAbort = (): void => run.cancel();
  signal.addEventListener('abort', onAbort, { once: true });
  limits.start(onAbort);
  try {
    return await run.carryOut(signal);
  } catch (error) {
    run.cancel();
    const reason = signal.aborted ? (signal.reason as unknown) : (limits.exceeded ?? error);
    const code = reason instanceof Error && 'code' in reason ? String(reason.code) : 'ERR_INTERNAL';
    const status = run.status === 0 ? {} : { status: run.status };
    const result = { code, bytes: run.bytes, ...status, ...maskedIn(forwarding) };
    const isCut = signal.aborted || limits.exceeded !== undefined;
    const outcome: Outcome = { status: isCut ? 'cancelled' : 'error', result };
    if (run.isAnswering || client.gone.aborted) {
      // What was begun cannot be ended in order: the client has to see that it is cut off.
      client.destroy();
      return { outcome, closes: true };
    }
    const closes = !client.isBodyRead || !request.head.isPersistent;
    const answer = encodeRefusal(errorRefusal(reason), request.head, closes);
    try {
      await record.data('response', answer.bytes, 0, answer.bytes.length);
      await client.write(answer.bytes);
    } catch {
      client.destroy();
      return { outcome, closes: true };
    }
    return { outcome, closes: answer.closes };
  } finally {
    forwarding.mask?.close();
    limits.stop();
    signal.removeEventListener('abort', onAbort);
  }
}

/** One exchange under way. */
class Run {
  /** The head of the response has been written. */
  isAnswering = false;
  status = 0;
  bytes = 0;
  readonly #how: Forwarding;
  readonly #record: ExchangeRecord;
  readonly #limits: AnswerLimits;
  #connection: UpstreamConnection | undefined;
  #isCancelled = false;

  constructor(how: Forwarding, record: ExchangeRecord, limits: AnswerLimits) {
    this.#how = how;
    this.#record = record;
    this.#limits = limits;
  }

  /** Cuts the connection to the service: it learns that nobody waits for its answer. Idempotent. */
  cancel(): void {
    this.#isCancelled = true;
    this.#connection?.destroy();
  }

  async carryOut(signal: AbortSignal): Promise<Forwarded> {
    const { session, request, form, upstreams, client } = this.#how;
    signal.throwIfAborted();
    const { resource, config } = session.start.configured;
    const key = poolKey(resource.name, session.principal);
    const injected = await upstreams.credential(config, signal);
    await this.#record.head('request', recordedHead(form));
    for (const chunk of request.held.chunks) await this.#record.data('request', chunk, 0, chunk.length);
    const { connection, head, uploading } = await this.#ask(key, injected, signal);
    const isUploaded = (): boolean => uploading.isDone;
    if (head.status === 401 && injected !== undefined) upstreams.forgetCredential(config);
    const { mask } = this.#how;
    const encoded = responseHead(head, {
      asked: request.head,
      mask,
      resource: config,
      prefix: this.#how.prefix,
      injected,
      closes: !request.head.isPersistent || !isUploaded() || this.#how.isDraining(),
    });
    this.status = head.status;
    if (encoded.framing.kind === 'length') this.#limits.announce(encoded.framing.length);
    await this.#record.head('response', encoded.bytes.toString('latin1'));
    this.isAnswering = true;
    await client.write(encoded.bytes);
    if (!encoded.isWithheld) {
      this.bytes = await sendBody(connection, client, {
        framing: encoded.framing,
        idleTimeoutMs: config.idleTimeoutMs,
        record: this.#record,
        limits: this.#limits,
        mask,
        acceptsTrailers: request.head.fields.valuesOf('te').some((value) => /\btrailers\b/i.test(value)),
      });
    }
    if (!isUploaded()) await this.#abandon(uploading, connection);
    // The rest of what is withheld may be endless, and is of no use.
    else if (encoded.isWithheld) connection.destroy();
    else upstreams.giveBack(key, config, connection);
    const status = head.status < 400 ? 'ok' : 'error';
    return {
      outcome: { status, result: { status: head.status, bytes: this.bytes, ...maskedIn(this.#how) } },
      closes: encoded.closes || !isUploaded(),
    };
  }

  /** Sends the request and waits for the head of its answer. */
  async #ask(key: string, injected: InjectedField | undefined, signal: AbortSignal): Promise<Asked> {
    try {
      return await this.#try(key, injected, signal, false);
    } catch (error) {
      // The service closed a connection just when it was used again: what asks for nothing to be done may be sent anew
      // (RFC 9110 section 9.2.2).
      const { form, request } = this.#how;
      const isStale = this.#connection?.isReused === true && error instanceof HttpUpstreamError;
      const mayRepeat = isSafe(form.method) && request.held.isComplete && !this.#isCancelled;
      if (!isStale || !mayRepeat || error.code !== 'ERR_HTTP_UPSTREAM_PROTOCOL') throw error;
      this.#connection?.destroy();
      return this.#try(key, injected, signal, true);
    }
  }

  async #try(
    key: string,
    injected: InjectedField | undefined,
    signal: AbortSignal,
    fresh: boolean,
  ): Promise<Asked> {
    const { session, request, form, client, upstreams, mask } = this.#how;
    const { config } = session.start.configured;
    const connection = await upstreams.connect(key, config, signal, fresh);
    this.#connection = connection;
    if (this.#isCancelled) connection.destroy();
    signal.throwIfAborted();
    const framing = requestFraming(request.head, request.held);
    const uploading = new Uploading(
      sendRequest(
        form.method,
        requestHead(form, request.head, {
          resource: config,
          framing,
          injected,
          acceptEncoding: mask?.acceptEncoding,
        }),
        {
          client,
          connection,
          framing,
          held: request.held,
          record: this.#record,
          idleTimeoutMs: config.idleTimeoutMs,
        },
      ),
      () => connection.destroy(),
    );
    try {
      const head = await this.#answer(connection, uploading, config.answerTimeoutMs);
      return { connection, head, uploading };
    } catch (error) {
      throw uploading.failure ?? error;
    }
  }

  async #answer(
    connection: UpstreamConnection,
    uploading: Uploading,
    timeoutMs: number,
  ): Promise<ResponseHead> {
    for (;;) {
      const wasUploading = !uploading.isDone;
      const part = await connection.next(timeoutMs);
      if (part === 'timeout' && wasUploading) continue;
      if (part === 'timeout') {
        throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_TIMEOUT', `no answer in ${timeoutMs} ms`);
      }
      if (part.kind === 'head' && !part.head.isInterim) return part.head;
      // 100 was given by the gateway, and nobody waits for other interim answers: they end at once.
    }
  }

  /** The service answered without the whole request: the rest is read for a while and goes nowhere. */
  async #abandon(uploading: Uploading, connection: UpstreamConnection): Promise<void> {
    connection.destroy();
    this.#how.client.stream.end();
    await Promise.race([uploading.settled, pause(REST_MS)]);
  }
}

interface Asked {
  readonly connection: UpstreamConnection;
  readonly head: ResponseHead;
  readonly uploading: Uploading;
}

/** A request on its way up. */
class Uploading {
  isDone = false;
  /** The client's fault: its body stood still, broke off, or is no HTTP. */
  failure: unknown;
  readonly settled: Promise<void>;

  constructor(sending: Promise<boolean>, onFailure: () => void) {
    this.settled = sending.then(
      (isWhole) => {
        this.isDone = isWhole;
      },
      (error: unknown) => {
        this.failure = error;
        onFailure();
      },
    );
  }
}

/** What was replaced, for the record: never a value. */
function maskedIn({ mask }: Forwarding): JsonObject {
  const masked = mask?.summary();
  return masked === undefined ? {} : { masked: masked as unknown as JsonValue };
}

/** The query is on record with the decision, without what looks like a secret. */
function recordedHead({ method, path, headers }: RequestForm): string {
  const lines = [...headers].flatMap(([name, values]) => values.map((value) => `${name}: ${value}`));
  return [`${method} ${path.encoded} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

/** What is not served is said before anything is judged. @throws HttpError 501 */
export function refuseUnsupported(head: JudgedRequest['head']): void {
  if (head.method === 'CONNECT') {
    throw new HttpError(
      'ERR_HTTP_NOT_SUPPORTED',
      501,
      'CONNECT is not served here: use the URL of a resource',
    );
  }
  if (head.upgrade?.includes('websocket') === true) {
    throw new HttpError('ERR_HTTP_NOT_SUPPORTED', 501, 'WebSocket is not served here yet');
  }
}
