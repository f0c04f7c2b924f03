/** A WebSocket that both sides agreed on: put together, carried to its end, and told as the outcome of its handshake. */
import type { Gate } from '../../../../enforcement/gate.ts';
import type { Permit } from '../../../../enforcement/permit.ts';
import type { Outcome } from '../../../../enforcement/verdict.ts';
import type { MaskTools } from '../../../../masking/mask-tools.ts';
import type { Facts } from '../../../../model/facts.ts';
import type { JsonValue } from '../../../../model/json.ts';
import type { Obligation } from '../../../../model/obligation.ts';
import { type OpenSocket, socketSpeech } from '../../facts/message-facts.ts';
import type { SocketPeer } from '../../socket-peer.ts';
import { ExchangeRecord } from '../exchange-record.ts';
import { ClientMessages } from './client-messages.ts';
import type { DeniedMessage } from './denial-answer.ts';
import { FrameWriter } from './frame-writer.ts';
import { createMaskingKeys } from './masking-keys.ts';
import { ServiceMessages } from './service-messages.ts';
import { CloseCode, endOf, type SocketEnd } from './socket-end.ts';
import { SocketJudge, type SocketSession } from './socket-judge.ts';
import { SocketLimits } from './socket-limits.ts';
import { relaySocket, socketOutcome } from './socket-relay.ts';
import { SocketSide } from './socket-side.ts';
import { SocketTerms } from './socket-terms.ts';

/** A WebSocket, and what it is carried with. */
export interface SocketOpening {
  readonly gate: Gate;
  readonly session: SocketSession;
  readonly tools: MaskTools;
  /** Of the handshake. */
  readonly permit: Permit;
  readonly obligations: readonly Obligation[];
  readonly opening: { readonly facts: Facts; readonly summary: string };
  readonly socket: OpenSocket;
  readonly client: SocketPeer;
  readonly service: SocketPeer;
  /** Aborted when the session is over, with why. */
  readonly over: AbortSignal;
  /** Aborted when the client has gone: people are then asked no longer. */
  readonly gone: AbortSignal;
  /** Aborted when the gateway stops. */
  readonly draining: AbortSignal;
  /** After so long a silence a side is asked for a sign of life, in milliseconds. */
  readonly clientIdleMs: number;
  readonly serviceIdleMs: number;
  /** Most bytes of a message that are looked at. */
  readonly inspectionBytes: number;
  readonly told: DeniedMessage['told'];
}

const STOPPED: SocketEnd = {
  by: 'gateway',
  code: CloseCode.GoingAway,
  reason: 'the gateway stops',
  serviceCode: CloseCode.GoingAway,
  cause: 'gateway-stopped',
};

/** Carries a WebSocket to its end (P1: each message under its own permit). Closes both sides; never rejects. */
export async function openSocket(how: SocketOpening): Promise<Outcome> {
  const ending = Promise.withResolvers<SocketEnd>();
  const closing = new AbortController();
  const onOver = (): void => ending.resolve(endOf(how.over.reason));
  const onDrain = (): void => ending.resolve(STOPPED);
  const stop = listen(how.over, onOver);
  const stopDrain = listen(how.draining, onDrain);
  const nowMs = (): number => performance.now();
  const { decision } = how.permit;
  const limits = new SocketLimits({ decision, nowMs, onTime: (error) => ending.resolve(endOf(error)) });
  try {
    const { relay, terms } = assemble(how, { limits, nowMs, closing: closing.signal });
    const end = await relaySocket({ ...relay, ended: ending.promise, onEnd: () => closing.abort() });
    const { masked } = terms;
    return socketOutcome(end, relay, masked === undefined ? {} : { masked: masked as unknown as JsonValue });
  } catch (error) {
    how.service.destroy();
    how.client.destroy();
    return { status: 'error', result: { status: 101, code: endOf(error).cause ?? 'ERR_INTERNAL' } };
  } finally {
    limits.stop();
    stop();
    stopDrain();
  }
}

type Relay = Omit<Parameters<typeof relaySocket>[0], 'ended' | 'onEnd'>;

function assemble(
  how: SocketOpening,
  own: { readonly limits: SocketLimits; readonly nowMs: () => number; readonly closing: AbortSignal },
): { readonly relay: Relay; readonly terms: SocketTerms } {
  const { gate, session, socket, opening, client, service, obligations, tools } = how;
  const { limits, nowMs } = own;
  const record = new ExchangeRecord(how.permit);
  const toClient = new FrameWriter({ is: 'client', peer: client, record });
  const toService = new FrameWriter({ is: 'service', peer: service, key: createMaskingKeys() });
  const left = new AbortController();
  const signal = AbortSignal.any([how.over, how.gone, own.closing, left.signal]);
  const judge = new SocketJudge({ gate, session, socket, opening, signal });
  const speech = socketSpeech(socket);
  const terms = new SocketTerms({ judge, limits, tools, speech, obligations });
  const up = new ClientMessages({
    side: new SocketSide({
      is: 'client',
      peer: client,
      writer: toClient,
      idleTimeoutMs: how.clientIdleMs,
      // Over a WebSocket on which nothing moves a changed policy, and a run that is stopped, are noticed all the same.
      onSilence: () => terms.check(),
      nowMs,
    }),
    toService,
    toClient,
    judge: (message) => judge.message(message),
    gate,
    record,
    inspectionBytes: how.inspectionBytes,
    denied: { speech, protocol: socket.protocol, told: how.told },
    onLeave: () => left.abort(),
    oblige: (more) => terms.oblige(more),
  });
  const down = new ServiceMessages({
    side: new SocketSide({
      is: 'service',
      peer: service,
      writer: toService,
      idleTimeoutMs: how.serviceIdleMs,
      nowMs,
    }),
    toClient,
    record,
    limits,
    begin: (isText) => terms.begin(isText),
    reason: (text) => terms.reason(text),
  });
  return { relay: { client, service, toClient, toService, up, down }, terms };
}

/** Calls `action` once, now where it is too late to wait. Returns how to stop. */
function listen(signal: AbortSignal, action: () => void): () => void {
  if (signal.aborted) action();
  signal.addEventListener('abort', action, { once: true });
  return () => signal.removeEventListener('abort', action);
}
