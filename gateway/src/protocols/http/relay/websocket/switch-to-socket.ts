/** The service agreed to a WebSocket: its answer is checked, the client gets one of the gateway's own, and messages begin. */
import { createHash } from 'node:crypto';
import type { Gate } from '../../../../enforcement/gate.ts';
import type { Permit } from '../../../../enforcement/permit.ts';
import type { Outcome } from '../../../../enforcement/verdict.ts';
import type { MaskTools } from '../../../../masking/mask-tools.ts';
import type { Obligation } from '../../../../model/obligation.ts';
import type { ClientExchange } from '../../downstream/client-exchange.ts';
import { HttpError } from '../../errors.ts';
import type { HttpFactsOptions } from '../../facts/http-facts.ts';
import type { RequestForm } from '../../facts/request-form.ts';
import type { HttpSession } from '../../session.ts';
import { HttpUpstreamError } from '../../upstream/errors.ts';
import type { ServiceExchange } from '../../upstream/service-exchange.ts';
import type { ResponseHead } from '../../wire/head/response-head.ts';
import { WebSocketError } from '../../wire/websocket/errors.ts';
import { acceptText, checkWebSocketResponse } from '../../wire/websocket/handshake.ts';
import { ExchangeRecord } from '../exchange-record.ts';
import type { JudgedRequest } from '../request.ts';
import { type Answering, switchedFields } from '../send-response.ts';
import { openSocket } from './open-socket.ts';

/** What messages are judged and carried with. */
export interface SocketSupport {
  readonly gate: Gate;
  readonly tools: MaskTools;
  readonly options: HttpFactsOptions;
  readonly obligations: readonly Obligation[];
  /** Aborted when the gateway stops. */
  readonly draining: AbortSignal;
  readonly clientIdleMs: number;
}

/** A handshake that the service has answered by 101. */
export interface Switching {
  readonly support: SocketSupport;
  readonly permit: Permit;
  readonly session: HttpSession;
  readonly request: JudgedRequest;
  readonly form: RequestForm;
  readonly client: ClientExchange;
  readonly service: ServiceExchange;
  readonly head: ResponseHead;
  /** That the gateway sent. */
  readonly key: string;
  readonly answering: Answering;
  /** Called when the client is about to get its 101: from then on it is told of every end by a close frame. */
  readonly onSwitch: () => void;
}

/**
 * Carries the WebSocket to its end.
 * @throws HttpUpstreamError for a service whose handshake is none, before the client was answered
 */
export async function switchToSocket(switching: Switching): Promise<Outcome> {
  const { support, permit, session, request, form, client, service, head } = switching;
  const protocol = agreedProtocol(switching);
  if (client.switchProtocols === undefined || service.handOver === undefined) throw unsupported();
  const fields = switchedFields(head, switching.answering);
  const clientKey = request.head.fields.only('sec-websocket-key') ?? '';
  fields.add('sec-websocket-accept', acceptOf(clientKey));
  if (protocol !== undefined) fields.add('sec-websocket-protocol', protocol);
  const { gate, tools, options, obligations, draining, clientIdleMs } = support;
  const { config } = session.start.configured;
  await new ExchangeRecord(permit).answer({ status: 101, fields, length: undefined }, 'GET');
  switching.onSwitch();
  const servicePeer = service.handOver(config.idleTimeoutMs);
  const clientPeer = await client
    .switchProtocols('websocket', fields, clientIdleMs)
    .catch((error: unknown) => {
      servicePeer.destroy();
      throw error;
    });
  return openSocket({
    gate,
    session,
    tools,
    permit,
    obligations,
    opening: request,
    socket: { form, options, protocol },
    client: clientPeer,
    service: servicePeer,
    over: session.over,
    gone: client.gone,
    draining,
    clientIdleMs,
    serviceIdleMs: config.idleTimeoutMs,
    inspectionBytes: config.inspectionBytes,
    told: config.webSocketDenial,
  });
}

/** Told where a request has no connection that could be given away. */
export function unsupported(): HttpError {
  const message = 'WebSocket is served over HTTP/1.1 alone: open it without HTTP/2';
  return new HttpError('ERR_HTTP_NOT_SUPPORTED', 501, message);
}

function agreedProtocol({ head, key, form }: Switching): string | undefined {
  try {
    const protocols = form.webSocket?.protocols ?? [];
    return checkWebSocketResponse(head, { accept: acceptOf(key), protocols });
  } catch (error) {
    if (!(error instanceof WebSocketError)) throw error;
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_PROTOCOL', error.message, error);
  }
}

/** RFC 6455 section 4.2.2. */
function acceptOf(key: string): string {
  return createHash('sha1').update(acceptText(key)).digest('base64');
}
