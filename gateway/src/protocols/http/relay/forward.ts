/** From a permit to an answer: the request up, the response down, both at once where the service answers early. */

import { randomBytes } from 'node:crypto';
import type { ExchangeLimits } from '../../../enforcement/limits/exchange-limits.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { Outcome } from '../../../enforcement/verdict.ts';
import type { JsonObject, JsonValue } from '../../../model/json.ts';
import type { ContentDecoder } from '../coding/content-decoder.ts';
import type { ClientExchange } from '../downstream/client-exchange.ts';
import { isSafe } from '../facts/method.ts';
import type { RequestForm } from '../facts/request-form.ts';
import type { FieldMasks } from '../masking/field-masks.ts';
import type { HeadPairs } from '../masking/response-facts.ts';
import type { ResponseMask } from '../masking/response-mask.ts';
import { answerOf, errorRefusal } from '../refusal.ts';
import type { HttpSession } from '../session.ts';
import { HttpUpstreamError } from '../upstream/errors.ts';
import type { InjectedCredential } from '../upstream/injected-credential.ts';
import { secretFilter } from '../upstream/secret-filter.ts';
import type { ServiceExchange } from '../upstream/service-exchange.ts';
import { poolKey, type Upstreams } from '../upstream/services.ts';
import type { ResponseHead } from '../wire/head/response-head.ts';
import { AnswerLimits } from './answer-limits.ts';
import { codedAnswer, codingsOf, decodableCodings } from './coded-answer.ts';
import { ExchangeRecord } from './exchange-record.ts';
import { RecordedRequestBody } from './recorded-request.ts';
import type { JudgedRequest } from './request.ts';
import { acceptsTrailers, requestFraming, requestHead, sendRequest } from './send-request.ts';
import { type Answering, lengthOf, responseHead, sendBody } from './send-response.ts';
import { Uploading } from './uploading.ts';
import { type SocketSupport, switchToSocket, unsupported } from './websocket/switch-to-socket.ts';

/** What an exchange is carried out with. */
export interface Forwarding {
  readonly client: ClientExchange;
  readonly session: HttpSession;
  readonly request: JudgedRequest;
  readonly form: RequestForm;
  readonly prefix: string;
  readonly upstreams: Upstreams;
  readonly limits: ExchangeLimits | undefined;
  readonly mask: ResponseMask | undefined;
  /** All masks of the policy for who asks here: what of the request meets them is not recorded as it is. */
  readonly inScope: FieldMasks | undefined;
  /** Of a WebSocket handshake: what its messages are carried with. */
  readonly socket?: SocketSupport | undefined;
}

/** After an answer that came before the end of its request: so long the rest is read, or the client would miss the answer. */
const REST_MS = 2_000;

/** Carries out what the permit is for (P1). Answers the client in every case, or breaks off. Never rejects. */
export async function forward(permit: Permit, forwarding: Forwarding): Promise<Outcome> {
  const { client, session } = forwarding;
  const record = new ExchangeRecord(permit);
  const limits = new AnswerLimits(forwarding.limits, permit.decision);
  const run = new Run(permit, forwarding, { record, limits });
  const over = new AbortController();
  const onOver = ({ target }: Event): void => {
    over.abort((target as AbortSignal).reason);
    run.cancel();
  };
  const ends = [client.gone, session.over];
  for (const end of ends) {
    if (end.aborted) over.abort(end.reason);
    // Not `AbortSignal.any`: it costs more than all else that is done here for a short answer.
    else end.addEventListener('abort', onOver, { once: true });
  }
  const { signal } = over;
  limits.start(() => run.cancel());
  try {
    return await run.carryOut(signal);
  } catch (error) {
    run.cancel();
    const reason = signal.aborted ? (signal.reason as unknown) : (limits.exceeded ?? error);
    const code = reason instanceof Error && 'code' in reason ? String(reason.code) : 'ERR_INTERNAL';
    const status = run.status === 0 ? {} : { status: run.status };
    const result = { code, bytes: run.bytes, ...status, ...maskedIn(forwarding) };
    const isCut = signal.aborted || limits.exceeded !== undefined;
    // What was begun cannot be ended in order: the client has to see that it is cut off.
    if (run.isAnswering || client.gone.aborted) client.breakOff();
    else await explain(client, record, reason);
    return { status: isCut ? 'cancelled' : 'error', result };
  } finally {
    forwarding.mask?.close();
    run.close();
    limits.stop();
    for (const end of ends) end.removeEventListener('abort', onOver);
  }
}

/** Tells the client why there is no answer of the service. */
async function explain(client: ClientExchange, record: ExchangeRecord, reason: unknown): Promise<void> {
  const { head, body } = answerOf(errorRefusal(reason), client.head);
  try {
    await record.answer(head, client.head.method);
    await record.data('response', body, 0, body.length);
    if ((await client.begin(head)) && body.length > 0) await client.write(body);
    await client.end();
  } catch {
    client.breakOff();
  }
}

/** One exchange under way. */
class Run {
  /** The head of the response has been written. */
  isAnswering = false;
  status = 0;
  bytes = 0;
  readonly #permit: Permit;
  readonly #how: Forwarding;
  readonly #record: ExchangeRecord;
  readonly #recorded: RecordedRequestBody;
  readonly #limits: AnswerLimits;
  #service: ServiceExchange | undefined;
  #decoder: ContentDecoder | undefined;
  #isCancelled = false;

  /** The gateway's own, of a WebSocket handshake. */
  readonly #webSocketKey: string | undefined;

  constructor(
    permit: Permit,
    how: Forwarding,
    { record, limits }: { readonly record: ExchangeRecord; readonly limits: AnswerLimits },
  ) {
    this.#permit = permit;
    this.#how = how;
    this.#webSocketKey = how.socket === undefined ? undefined : randomBytes(16).toString('base64');
    this.#record = record;
    const hasBody = how.request.head.framing.kind !== 'none';
    const masks = hasBody ? how.inScope : undefined;
    this.#recorded = new RecordedRequestBody(record, masks, () => pairsOf(how.form));
    this.#limits = limits;
  }

  /** The service learns that nobody waits for its answer. Idempotent. */
  cancel(): void {
    this.#isCancelled = true;
    this.#service?.destroy();
  }

  /** Nothing more of the request goes on record, and nothing more is undone. */
  close(): void {
    this.#recorded.close();
    this.#decoder?.close();
  }

  async carryOut(signal: AbortSignal): Promise<Outcome> {
    const { session, request, form, upstreams, client } = this.#how;
    signal.throwIfAborted();
    const { resource, config } = session.start.configured;
    const key = poolKey(resource.name, session.principal);
    const first = await upstreams.credential(config, signal);
    await this.#record.head('request', recordedHead(form, this.#recorded.isMasked));
    for (const chunk of request.held.chunks) await this.#recorded.data(chunk);
    if (request.held.isComplete) await this.#recorded.end();
    const { service, head, uploading, injected } = await this.#askWith(key, first, signal);
    const { mask, prefix } = this.#how;
    const answering = { asked: request.head, mask, resource: config, prefix, injected };
    if (head.status === 101) return this.#switch(service, head, answering);
    const decoder = injected === undefined || mask !== undefined ? undefined : codedAnswer(head);
    this.#decoder = decoder;
    const answered = responseHead(head, { ...answering, isDecoded: decoder !== undefined });
    this.status = head.status;
    const { method } = request.head;
    // What is undone is not shorter than in its coding.
    const length = decoder === undefined ? answered.head.length : lengthOf(head);
    if (method !== 'HEAD' && head.status !== 304) this.#limits.announce(length);
    await this.#record.answer(answered.head, method);
    this.isAnswering = true;
    const hasBody = await client.begin(answered.head);
    // In a coding that is not undone it is not found.
    const isCoded = codingsOf(head.fields.valuesOf('content-encoding')).length > 0;
    const filter =
      isCoded && mask === undefined && decoder === undefined
        ? undefined
        : secretFilter(injected, head.fields.only('content-type'));
    if (answered.isWithheld) await client.end();
    else {
      this.bytes = await sendBody({
        service,
        client,
        hasBody,
        idleTimeoutMs: config.idleTimeoutMs,
        record: this.#record,
        limits: this.#limits,
        mask,
        decoder,
        injected,
        filter,
        acceptsTrailers: acceptsTrailers(request.head),
      });
    }
    if (!uploading.isDone) await this.#abandon(uploading, service);
    // The rest of what is withheld may be endless, and is of no use.
    else if (answered.isWithheld) service.destroy();
    else service.release();
    const status = head.status < 400 ? 'ok' : 'error';
    const hidden = filter === undefined || filter.found === 0 ? {} : { credentialsHidden: filter.found };
    return { status, result: { status: head.status, bytes: this.bytes, ...maskedIn(this.#how), ...hidden } };
  }

  /** Asks; once more with a new credential where the service refuses the one that it was asked with, and asking changes nothing. */
  async #askWith(key: string, injected: InjectedCredential | undefined, signal: AbortSignal): Promise<Asked> {
    const { session, form, request, upstreams } = this.#how;
    const { config } = session.start.configured;
    const asked = await this.#ask(key, injected, signal);
    if (asked.head.status !== 401 || injected === undefined) return asked;
    upstreams.refuseCredential(config, injected);
    if (!isSafe(form.method) || !request.held.isComplete) return asked;
    const renewed = await upstreams.credential(config, signal);
    if (renewed === undefined || renewed.value === injected.value) return asked;
    asked.service.destroy();
    const again = await this.#ask(key, renewed, signal);
    if (again.head.status === 401) upstreams.refuseCredential(config, renewed);
    return again;
  }

  /** The service took up a WebSocket. Its bounds are not those of an answer. */
  #switch(service: ServiceExchange, head: ResponseHead, answering: Answering): Promise<Outcome> {
    const { socket, session, request, form, client } = this.#how;
    const key = this.#webSocketKey;
    if (socket === undefined || key === undefined) throw unsupported();
    const onSwitch = (): void => {
      this.#limits.stop();
      this.isAnswering = true;
      this.status = head.status;
      this.#service = undefined;
    };
    const permit = this.#permit;
    const handshake = { support: socket, permit, session, request, form, client, key, answering };
    return switchToSocket({ ...handshake, service, head, onSwitch });
  }

  /** Sends the request and waits for the head of its answer. */
  async #ask(key: string, injected: InjectedCredential | undefined, signal: AbortSignal): Promise<Asked> {
    try {
      return await this.#try(key, injected, signal, false);
    } catch (error) {
      const service = this.#service;
      const isBroken = error instanceof HttpUpstreamError && error.code === 'ERR_HTTP_UPSTREAM_PROTOCOL';
      if (service === undefined || !isBroken || !this.#mayRepeat(service)) throw error;
      service.destroy();
      return this.#try(key, injected, signal, true);
    }
  }

  /**
   * The service closed a connection just when it was used again: what asks for nothing to be done may be sent anew (RFC 9110
   * section 9.2.2), and so may anything that it says it has not looked at (RFC 9113 section 8.7).
   */
  #mayRepeat(service: ServiceExchange): boolean {
    const { form, request } = this.#how;
    if (!request.held.isComplete || this.#isCancelled) return false;
    return service.isUnprocessed || (service.isReused && isSafe(form.method));
  }

  async #try(
    key: string,
    injected: InjectedCredential | undefined,
    signal: AbortSignal,
    fresh: boolean,
  ): Promise<Asked> {
    const { session, request, form, client, upstreams, mask } = this.#how;
    const { config } = session.start.configured;
    const switches = this.#webSocketKey !== undefined;
    const service = await upstreams.open({ key, resource: config, signal, fresh, switches });
    this.#service = service;
    if (this.#isCancelled) service.destroy();
    signal.throwIfAborted();
    const framing = requestFraming(request.head, request.held);
    const uploading = new Uploading(
      sendRequest(
        requestHead(form, request.head, {
          resource: config,
          framing,
          injected,
          acceptEncoding:
            mask?.acceptEncoding ?? (injected === undefined ? undefined : decodableCodings(form.headers)),
          webSocketKey: this.#webSocketKey,
        }),
        {
          client,
          service,
          held: request.held,
          recorded: this.#recorded,
          idleTimeoutMs: config.idleTimeoutMs,
        },
      ),
      () => service.destroy(),
    );
    try {
      const head = await this.#answer(service, uploading, config.answerTimeoutMs);
      return { service, head, uploading, injected };
    } catch (error) {
      throw uploading.failure ?? error;
    }
  }

  async #answer(service: ServiceExchange, uploading: Uploading, timeoutMs: number): Promise<ResponseHead> {
    for (;;) {
      const part = await service.next(Math.max(1, timeoutMs - uploading.overForMs));
      if (part === 'timeout') {
        if (uploading.overForMs < timeoutMs) continue;
        throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_TIMEOUT', `no answer in ${timeoutMs} ms`);
      }
      if (part.kind === 'head' && !part.head.isInterim) return part.head;
      // 100 was given by the gateway, and nobody waits for other interim answers: they end at once.
    }
  }

  /** The service answered without the whole request: the rest is read for a while and goes nowhere. */
  async #abandon(uploading: Uploading, service: ServiceExchange): Promise<void> {
    service.destroy();
    await Promise.race([uploading.settled, pause(REST_MS)]);
  }
}

interface Asked {
  readonly service: ServiceExchange;
  readonly head: ResponseHead;
  readonly uploading: Uploading;
  /** What it was asked with. */
  readonly injected: InjectedCredential | undefined;
}

/** What was replaced, for the record: never a value. */
function maskedIn({ mask }: Forwarding): JsonObject {
  const masked = mask?.summary();
  return masked === undefined ? {} : { masked: masked as unknown as JsonValue };
}

function pairsOf({ headers }: RequestForm): HeadPairs {
  return [...headers].flatMap(([name, values]) => values.map((value) => [name, value] as const));
}

/** The query is on record with the decision, without what looks like a secret. */
function recordedHead(form: RequestForm, isDecoded: boolean): string {
  const { method, path } = form;
  const lines = pairsOf(form).flatMap(([name, value]) =>
    isDecoded && name === 'content-encoding' ? [] : [`${name}: ${value}`],
  );
  return [`${method} ${path.encoded} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
