/** Why a WebSocket ends, and how each side is told. */
import { GatewayError } from '../../../../model/gateway-error.ts';
import { HttpError } from '../../errors.ts';
import { HttpMaskError } from '../../masking/errors.ts';
import { isSendableCode } from '../../wire/websocket/close-frame.ts';
import { WebSocketError } from '../../wire/websocket/errors.ts';

/** The end of a WebSocket. */
export interface SocketEnd {
  /** Who ends it; `gateway` for every refusal and every fault. */
  readonly by: 'client' | 'service' | 'gateway';
  /** Of the close frame that the client gets, or that a side has sent; undefined: none, or one without a code. */
  readonly code: number | undefined;
  /** Told to the client. */
  readonly reason: string;
  /** Of the close frame to the service, where it is another. */
  readonly serviceCode?: number;
  /** For the record. */
  readonly cause?: string;
}

/** Ends the WebSocket from within. */
export class SocketEndError extends Error {
  readonly end: SocketEnd;

  constructor(end: SocketEnd) {
    super(end.reason);
    this.end = end;
  }
}

/** Status codes of RFC 6455 section 7.4.1 and its registry that the gateway itself says. */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  Policy: 1008,
  Internal: 1011,
  BadGateway: 1014,
} as const;

/** A client that went away, or took nothing for too long. */
export const CLIENT_GONE: SocketEnd = {
  by: 'client',
  code: undefined,
  reason: '',
  serviceCode: CloseCode.GoingAway,
  cause: 'ERR_HTTP_GONE',
};

/** A service that did. */
export const SERVICE_GONE: SocketEnd = {
  by: 'service',
  code: CloseCode.BadGateway,
  reason: 'the service broke off',
  serviceCode: CloseCode.GoingAway,
  cause: 'ERR_HTTP_UPSTREAM_PROTOCOL',
};

/** Longest reason: a control frame has at most 125 bytes, two of which are the code. */
const MOST_REASON_BYTES = 123;

/** A text as the reason of a close frame: one line, cut to what fits. */
export function closeReason(text: string): string {
  const line = text.toWellFormed().replace(/[\u0000-\u001f\u007f]+/g, ' ');
  if (Buffer.byteLength(line) <= MOST_REASON_BYTES) return line;
  let short = line.slice(0, MOST_REASON_BYTES - 3);
  while (Buffer.byteLength(short) > MOST_REASON_BYTES - 3) short = short.slice(0, -1);
  return `${short.replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** An end by the gateway, for a reason that is the client's affair. */
export function policyEnd(reason: string, cause: string): SocketEnd {
  return {
    by: 'gateway',
    code: CloseCode.Policy,
    reason: closeReason(reason),
    serviceCode: CloseCode.GoingAway,
    cause,
  };
}

/** What an error makes of a WebSocket. */
export function endOf(error: unknown): SocketEnd {
  if (error instanceof SocketEndError) return error.end;
  if (error instanceof WebSocketError) return protocolEnd(error);
  const serviceCode = CloseCode.GoingAway;
  if (error instanceof HttpMaskError) {
    const { code, message } = error;
    // Its words are of bodies; here they are of a message.
    const reason = closeReason(`it cannot be masked: ${message.replace('the response', 'a message')}`);
    return { by: 'gateway', code: CloseCode.Policy, reason, serviceCode, cause: code };
  }
  if (error instanceof HttpError && error.source !== 'internal')
    return policyEnd(error.publicMessage ?? error.message, error.code);
  const known = error instanceof GatewayError ? error : undefined;
  const reason = closeReason(known?.publicMessage ?? 'the gateway could not go on');
  return {
    by: 'gateway',
    code: CloseCode.Internal,
    reason,
    serviceCode,
    cause: known?.code ?? 'ERR_INTERNAL',
  };
}

/** Who broke the protocol is told; to the other side it is a neighbour that has gone (RFC 6455 section 7.1.7). */
function protocolEnd({ code, message, closeCode, source }: WebSocketError): SocketEnd {
  if (source === 'downstream') {
    const reason = closeReason(message);
    return { by: 'gateway', code: closeCode, reason, serviceCode: CloseCode.GoingAway, cause: code };
  }
  const reason = 'the service broke the WebSocket protocol';
  return { by: 'gateway', code: CloseCode.BadGateway, reason, serviceCode: closeCode, cause: code };
}

/** A code as it may be sent on: not the ones that stand for there being none. */
export function sendable(code: number | undefined): number | undefined {
  return code !== undefined && isSendableCode(code) ? code : undefined;
}
