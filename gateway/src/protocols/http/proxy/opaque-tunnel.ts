/** A tunnel that stays closed: judged by host and port, its bytes counted. All that is looked at is the name in the TLS handshake. */

import type { Socket } from 'node:net';
import { denyUnfulfilled } from '../../../enforcement/deny-unfulfilled.ts';
import type { Gate, Outcome, Verdict } from '../../../enforcement/gate.ts';
import { type ExchangeLimits, exchangeLimits } from '../../../enforcement/limits/exchange-limits.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { AccessRequest } from '../../../model/access-request.ts';
import { ChunkSource } from '../chunk-source.ts';
import type { Destination } from '../destinations/destinations.ts';
import type { ClientExchange, TunnelEnds } from '../downstream/client-exchange.ts';
import { HttpError } from '../errors.ts';
import { tunnelAsk, tunnelFacts } from '../facts/tunnel.ts';
import { AnswerLimits } from '../relay/answer-limits.ts';
import { ExchangeRecord } from '../relay/exchange-record.ts';
import type { HttpSession } from '../session.ts';
import type { Upstreams } from '../upstream/services.ts';
import { MOST_HELLO_BYTES, readClientHello } from '../wire/tls/client-hello.ts';
import { type Relayed, relayBytes } from './relay-bytes.ts';

/** What a closed tunnel is served with. */
export interface OpaqueTunnel {
  readonly exchange: ClientExchange;
  readonly session: HttpSession;
  readonly destination: Destination;
  readonly gate: Gate;
  readonly upstreams: Upstreams;
  readonly timeouts: { readonly headTimeoutMs: number; readonly idleTimeoutMs: number };
}

/** Serves a tunnel to its end; the verdict where the policy refuses it. Rejects where it cannot be opened, with nothing answered. */
export async function serveOpaque(tunnel: OpaqueTunnel): Promise<Verdict | undefined> {
  const { session, gate, destination, exchange } = tunnel;
  const { authority } = destination;
  const facts = tunnelFacts(authority);
  const access = session.access(facts);
  const summary = facts.statements[0]?.summary ?? 'tunnel';
  const fulfilled = await gate.fulfil({
    access,
    current: () => session.access(facts),
    verdict: unmasked(gate.decide(access, summary), access),
    ask: () => tunnelAsk(access, authority),
    wait: { signal: AbortSignal.any([exchange.gone, session.over]) },
  });
  // What is masked may be another thing after people were asked.
  const verdict = unmasked(fulfilled, access);
  const request = { text: `CONNECT ${authority.host}:${authority.port}`, host: authority.host, opaque: true };
  // What goes in is not seen: it may change anything.
  const [permit] = await gate.admit([{ access, verdict, summary, request, writes: true }], session.recording);
  session.exchanges += 1;
  if (permit === undefined || verdict.decision.effect === 'deny') {
    session.refused += 1;
    return verdict;
  }
  let service: Socket;
  try {
    service = await dial(permit, tunnel);
  } catch (error) {
    gate.settle(permit, { status: 'error', result: { code: codeOf(error) } });
    throw error;
  }
  const limits = exchangeLimits(verdict.decision.obligations);
  gate.settle(permit, await carry(permit, tunnel, { service, limits }));
  return undefined;
}

/** What has to be masked is denied, in shadow mode too: nobody sees it here (P5). */
function unmasked(verdict: Verdict, access: AccessRequest): Verdict {
  const { decision } = verdict;
  if (decision.effect === 'deny') return verdict;
  const mask = decision.obligations.find(({ kind }) => kind === 'mask');
  if (mask === undefined) return verdict;
  const reason = 'it asks for masks, and a tunnel that is not opened cannot be masked';
  return { ...verdict, decision: denyUnfulfilled(decision, access, { rule: mask.rule, reason }) };
}

/** As the permit allows (P1). */
async function dial(
  permit: Permit,
  { session, exchange, upstreams, destination }: OpaqueTunnel,
): Promise<Socket> {
  const { host, port } = destination.authority;
  await new ExchangeRecord(permit).head('request', `CONNECT ${host}:${port} HTTP/1.1\r\n\r\n`);
  const signal = AbortSignal.any([exchange.gone, session.over]);
  return upstreams.dialTcp(session.start.configured.config, signal);
}

/** From the answer to the end of both streams. Never rejects. */
async function carry(
  permit: Permit,
  tunnel: OpaqueTunnel,
  { service, limits: bound }: { readonly service: Socket; readonly limits: ExchangeLimits | undefined },
): Promise<Outcome> {
  const { exchange, session, timeouts, destination } = tunnel;
  const relayed: Relayed = { sent: 0, received: 0 };
  const limits = new AnswerLimits(bound, permit.decision);
  const { over } = session;
  const cut = (): void => {
    service.destroy();
    exchange.breakOff();
  };
  over.addEventListener('abort', cut, { once: true });
  limits.start(cut);
  try {
    await new ExchangeRecord(permit).head('response', 'HTTP/1.1 200 OK\r\n\r\n');
    const ends = await openEnds(exchange);
    const source = new ChunkSource(service);
    const hello = await firstMessage(ends, destination, timeouts.headTimeoutMs);
    service.write(hello);
    relayed.sent = hello.length;
    const bounds = { idleTimeoutMs: timeouts.idleTimeoutMs, take: (bytes: number) => limits.take(bytes) };
    await relayBytes(ends, { stream: service, source }, { bounds, relayed });
    // Streams that were cut end like any other.
    over.throwIfAborted();
    if (limits.exceeded !== undefined) throw limits.exceeded;
    return { status: 'ok', result: { ...relayed } };
  } catch (error) {
    const reason: unknown = limits.exceeded ?? (over.aborted ? over.reason : error);
    const isCut = over.aborted || limits.exceeded !== undefined;
    exchange.breakOff();
    return { status: isCut ? 'cancelled' : 'error', result: { code: codeOf(reason), ...relayed } };
  } finally {
    limits.stop();
    over.removeEventListener('abort', cut);
    service.destroy();
  }
}

/**
 * The bytes up to the end of the ClientHello, which names the host that was permitted. Rejects for other protocols: a permit for
 * a host is not one for anything that can be said to it. Names are not there for addresses (RFC 6066 section 3).
 */
async function firstMessage(
  ends: TunnelEnds,
  { authority }: Destination,
  timeoutMs: number,
): Promise<Buffer> {
  const until = performance.now() + timeoutMs;
  let bytes = ends.rest;
  for (;;) {
    const hello = readClientHello(bytes);
    if (hello.kind === 'none') throw refused(hello.reason);
    if (hello.kind === 'hello') {
      if (hello.serverName === (isAddress(authority.host) ? undefined : authority.host)) return bytes;
      throw refused('a TLS server name that is not the host of the tunnel');
    }
    if (bytes.length > MOST_HELLO_BYTES) throw refused('a ClientHello that is too long');
    const chunk = await ends.source.next(Math.max(0, until - performance.now()));
    if (!Buffer.isBuffer(chunk)) throw refused('no ClientHello');
    bytes = Buffer.concat([bytes, chunk]);
  }
}

function isAddress(host: string): boolean {
  return /^\[|^[\d.]+$/.test(host);
}

function openEnds(exchange: ClientExchange): Promise<TunnelEnds> {
  if (exchange.openTunnel !== undefined) return exchange.openTunnel();
  throw new HttpError('ERR_HTTP_NOT_SUPPORTED', 501, 'CONNECT is served over HTTP/1.1 alone');
}

function refused(reason: string): HttpError {
  return new HttpError('ERR_HTTP_TUNNEL', 403, `the tunnel is cut: ${reason}`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'ERR_INTERNAL';
}
