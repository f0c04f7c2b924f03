/** Connections to a service: TCP, and TLS that proves who it is. */
import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { createAddressPolicy } from '../../../addresses/address-policy.ts';
import type { HostLookup } from '../../protocol.ts';
import type { HttpResourceConfig } from '../config.ts';
import { HttpUpstreamError, type HttpUpstreamErrorCode } from './errors.ts';
import { answering, permittedAddresses } from './permitted-addresses.ts';
import { serviceUrl } from './service-url.ts';
import { readTextFile } from './text-file.ts';

const KEEP_ALIVE_MS = 60_000;

/** What is connected to: a service, or a token endpoint. */
export type DialTarget = Pick<
  HttpResourceConfig,
  'url' | 'allowPlaintext' | 'connectTimeoutMs' | 'allowAddresses'
> & {
  readonly tls: Omit<HttpResourceConfig['tls'], 'clientCertificate'>;
};

/** What the gateway shows of itself, in PEM. */
export interface ShownCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What a connection is opened with. */
export interface DialOptions {
  readonly shown?: ShownCertificate | undefined;
  /** Resolves the name where the resource has addresses that are looked at; default: as the system does. */
  readonly lookup?: HostLookup | undefined;
  /** Protocols to choose from; default: HTTP/1.1 alone. */
  readonly alpn?: readonly string[];
}

/** The protocols that a service may choose from. */
export function alpnOf({ http2 }: Pick<HttpResourceConfig, 'http2'>): readonly string[] {
  if (http2 === 'off') return ['http/1.1'];
  return http2 === 'only' ? ['h2'] : ['h2', 'http/1.1'];
}

/** Opens a connection within the resource's time, or destroys what there was of it. Rejects with HttpUpstreamError. */
export async function dial(
  resource: DialTarget,
  signal: AbortSignal,
  { shown, lookup, alpn = ['http/1.1'] }: DialOptions = {},
): Promise<Socket> {
  const { isTls, hostname: host } = serviceUrl(resource);
  // Read for each connection, so that a renewed CA takes effect.
  const ca = isTls && resource.tls.ca !== undefined ? await readCa(resource.tls.ca) : undefined;
  const tcp = await openTcp(resource, signal, lookup);
  const socket = isTls ? secure(tcp, resource, { ca, host, shown, alpn }) : tcp;
  await ready(socket, isTls ? 'secureConnect' : 'connect', resource, signal);
  try {
    refuseOwnMachine(tcp, resource);
    check(socket, resource, isTls);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}

/** A connection without TLS, for bytes that are the client's own. Rejects with HttpUpstreamError. */
export async function dialTcp(
  resource: DialTarget,
  signal: AbortSignal,
  lookup: HostLookup | undefined,
): Promise<Socket> {
  const socket = await openTcp(resource, signal, lookup);
  await ready(socket, 'connect', resource, signal);
  try {
    refuseOwnMachine(socket, resource);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}

/** A socket that is connecting; to addresses that were looked at, where the resource asks for that. */
async function openTcp(
  resource: DialTarget,
  signal: AbortSignal,
  lookup: HostLookup | undefined,
): Promise<Socket> {
  const { hostname: host, port } = serviceUrl(resource);
  const { allowAddresses: allowed, connectTimeoutMs: timeoutMs } = resource;
  const addresses =
    allowed === undefined
      ? undefined
      : await permittedAddresses(host, { allowed, lookup, timeoutMs, signal });
  signal.throwIfAborted();
  const tcp = connectTcp({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    ...(addresses === undefined ? {} : { lookup: answering(addresses) }),
  });
  // For ever: an error that nobody awaits must not end the process (P10).
  tcp.on('error', () => undefined);
  return tcp;
}

function secure(
  tcp: Socket,
  { tls }: DialTarget,
  how: {
    readonly ca: string | undefined;
    readonly host: string;
    readonly shown: ShownCertificate | undefined;
    readonly alpn: readonly string[];
  },
): TLSSocket {
  const { ca, host, shown, alpn } = how;
  const name = tls.serverName ?? host;
  const context = secureContext(tcp, ca, shown);
  const socket = connectTls({
    socket: tcp,
    secureContext: context,
    // RFC 6066 section 3: SNI holds no IP addresses.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ALPNProtocols: [...alpn],
    checkServerIdentity: (_, peer) => checkServerIdentity(name, peer),
  });
  socket.on('error', () => undefined);
  return socket;
}

function secureContext(
  tcp: Socket,
  ca: string | undefined,
  shown: ShownCertificate | undefined,
): SecureContext {
  try {
    return createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(shown === undefined ? {} : { cert: shown.cert, key: shown.key }),
      minVersion: 'TLSv1.2',
    });
  } catch {
    tcp.destroy();
    // The cause is left out: nothing about a key may reach a log.
    const message = 'the CA or the client certificate cannot be used for TLS';
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_CONFIGURATION', message);
  }
}

/** What listens here takes the gateway for a neighbour: a range of addresses that holds its own does not mean it. */
function refuseOwnMachine({ remoteAddress = '', localAddress }: Socket, resource: DialTarget): void {
  if (resource.allowAddresses === undefined) return;
  if (remoteAddress !== localAddress && !isLoopback(remoteAddress)) return;
  if (createAddressPolicy(resource.allowAddresses).names(remoteAddress)) return;
  const message = `${remoteAddress} is this machine, and not itself among allowAddresses`;
  throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_ADDRESS', message);
}

/** What Node has let pass: plaintext that leaves this machine, a certificate that is not pinned. */
function check(socket: Socket, resource: DialTarget, isTls: boolean): void {
  if (!isTls) {
    if (resource.allowPlaintext || isLoopback(socket.remoteAddress ?? '')) return;
    const message = 'the service is not on this machine, and its URL is http; use https or allowPlaintext';
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_TLS', message);
  }
  const peer = (socket as TLSSocket).getPeerX509Certificate();
  if (!(socket as TLSSocket).authorized || peer === undefined) {
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_TLS', 'the certificate was not verified');
  }
  const { pins } = resource.tls;
  if (pins !== undefined && !pins.includes(peer.fingerprint256.replaceAll(':', '').toLowerCase())) {
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_TLS', 'the certificate is not one of the pinned ones');
  }
}

function ready(
  socket: Socket,
  event: string,
  { connectTimeoutMs }: DialTarget,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('close', onClose);
      if (error === undefined) {
        resolve();
        return;
      }
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => settle(signal.reason);
    const onError = (cause: Error & { readonly code?: unknown }): void => {
      const reason = typeof cause.code === 'string' ? cause.code : cause.message;
      settle(new HttpUpstreamError(failureCode(socket, event, reason), `cannot connect: ${reason}`, cause));
    };
    const onClose = (): void =>
      settle(new HttpUpstreamError('ERR_HTTP_UPSTREAM_UNREACHABLE', 'cannot connect: closed'));
    const timer = setTimeout(() => {
      settle(new HttpUpstreamError('ERR_HTTP_UPSTREAM_TIMEOUT', `no connection in ${connectTimeoutMs} ms`));
    }, connectTimeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once(event, () => settle());
    socket.once('error', onError);
    socket.once('close', onClose);
  });
}

/** Node sets `authorizationError` for a chain or a name that does not verify; alerts tell what the service thinks of the gateway. */
function failureCode(socket: Socket, event: string, reason: string): HttpUpstreamErrorCode {
  if (event === 'secureConnect') {
    if ((socket as TLSSocket).authorizationError) return 'ERR_HTTP_UPSTREAM_TLS';
    if (refusesCertificate(reason)) return 'ERR_HTTP_UPSTREAM_CREDENTIAL';
  }
  return 'ERR_HTTP_UPSTREAM_UNREACHABLE';
}

/** Whether an error of the TLS engine is an alert about the certificate that the gateway showed, or did not show (RFC 8446 section 6.2). */
export function refusesCertificate(code: string): boolean {
  return /ALERT_(BAD_|UNSUPPORTED_|NO_)?CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED/.test(code);
}

/** Node takes a file without certificates for an empty list and would only say that nothing verifies. */
async function readCa(file: string): Promise<string> {
  const pem = await readTextFile(file);
  try {
    new X509Certificate(pem);
  } catch {
    throw new HttpUpstreamError(
      'ERR_HTTP_UPSTREAM_CONFIGURATION',
      `${file} holds no certificate in PEM form`,
    );
  }
  return pem;
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || /^127(\.\d{1,3}){3}$/.test(plain);
}
