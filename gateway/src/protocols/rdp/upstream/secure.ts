/** TCP and TLS to the machine of a resource, which proves itself by a chain or by its key. */
import { hash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import type { RdpResourceConfig } from '../config.ts';
import { PacketStream } from '../packet-stream.ts';
import { PROTOCOL, readConnectionConfirm, writeConnectionRequest } from '../wire/x224.ts';
import { RdpUpstreamError } from './errors.ts';

/** A machine inside of TLS, that the gateway has proved nothing to yet. */
export interface SecuredTarget {
  readonly stream: TLSSocket;
  /** DER of its certificate. */
  readonly certificate: Buffer;
  /** What it selected. */
  readonly protocol: number;
}

/** Longest PEM file read: the whole Mozilla bundle has 250 KB. */
const MOST_PEM_BYTES = 2_097_152;

/** Connects, negotiates, and does the TLS handshake. Rejects with RdpUpstreamError or RdpWireError. */
export async function secureTarget(config: RdpResourceConfig, signal: AbortSignal): Promise<SecuredTarget> {
  const settings = await tlsSettings(config);
  const socket = await openSocket(config, signal);
  try {
    const protocol = await negotiate(socket, config);
    const stream = connectTls({ ...settings, socket });
    stream.on('error', () => undefined);
    stream.disableRenegotiation();
    signal.addEventListener('abort', () => stream.destroy(), { once: true });
    await handshake(stream, signal);
    const certificate = stream.getPeerX509Certificate();
    if (certificate === undefined) throw failed('the machine showed no certificate');
    const { pins } = config.tls;
    if (pins !== undefined) {
      const key = hash('sha256', certificate.publicKey.export({ type: 'spki', format: 'der' }), 'buffer');
      if (!pins.some((pin) => timingSafeEqual(Buffer.from(pin, 'hex'), key)))
        throw failed(`the machine showed the key ${key.toString('hex')}, which is not configured`);
    } else if (!stream.authorized) throw failed('the certificate of the machine was not verified');
    return { stream, certificate: certificate.raw, protocol };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function tlsSettings({ tls, host }: RdpResourceConfig): Promise<ConnectionOptions> {
  const name = tls.serverName ?? host;
  const common = { minVersion: 'TLSv1.2', ...(isIP(name) === 0 ? { servername: name } : {}) } as const;
  // The key is checked after the handshake, before anything is sent.
  if (tls.pins !== undefined) return { ...common, rejectUnauthorized: false };
  const ca = tls.ca === undefined ? undefined : await readCa(tls.ca);
  if (ca === undefined)
    throw new RdpUpstreamError('ERR_RDP_UPSTREAM_CONFIGURATION', 'neither tls.ca nor tls.pins');
  return {
    ...common,
    ca,
    rejectUnauthorized: true,
    checkServerIdentity: (_, peer) => checkServerIdentity(name, peer),
  };
}

async function readCa(file: string): Promise<Buffer> {
  const pem = await readFile(file).catch((cause: unknown) => {
    throw new RdpUpstreamError('ERR_RDP_UPSTREAM_CONFIGURATION', `${file} cannot be read`, cause);
  });
  if (pem.length <= MOST_PEM_BYTES && pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new RdpUpstreamError('ERR_RDP_UPSTREAM_CONFIGURATION', `${file} holds no certificate in PEM form`);
}

function openSocket({ host, port }: RdpResourceConfig, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, noDelay: true, keepAlive: true });
    const fail = (error: RdpUpstreamError): void => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      reject(error);
    };
    const stop = (): void => {
      fail(new RdpUpstreamError('ERR_RDP_UPSTREAM_TIMEOUT', `no connection to ${host} port ${port} in time`));
    };
    // It stays: a socket that nobody listens to any more must not end the process.
    socket.on('error', (cause) => {
      const message = `no connection to ${host} port ${port}: ${cause.message}`;
      fail(new RdpUpstreamError('ERR_RDP_UPSTREAM_UNREACHABLE', message, cause));
    });
    socket.once('connect', () => {
      signal.removeEventListener('abort', stop);
      signal.addEventListener('abort', () => socket.destroy(), { once: true });
      resolve(socket);
    });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

async function negotiate(socket: Socket, { security }: RdpResourceConfig): Promise<number> {
  const packets = new PacketStream(socket, 'upstream');
  const wanted = security === 'nla' ? PROTOCOL.HYBRID : PROTOCOL.TLS;
  packets.write(writeConnectionRequest(wanted | PROTOCOL.TLS));
  const frame = await packets.next();
  if (frame === undefined) throw new RdpUpstreamError('ERR_RDP_UPSTREAM_PROTOCOL', 'the machine broke off');
  const confirm = readConnectionConfirm(frame.bytes);
  if (confirm.kind === 'failure') {
    const message = `the machine refuses ${security}, by failure ${confirm.failure}`;
    throw new RdpUpstreamError('ERR_RDP_UPSTREAM_SECURITY', message);
  }
  // No weaker one than is configured: whoever sits in between could choose it.
  if (confirm.kind === 'none' || confirm.protocol !== wanted) {
    const message = `the machine does not offer ${security}; set \`security\` to what it offers`;
    throw new RdpUpstreamError('ERR_RDP_UPSTREAM_SECURITY', message);
  }
  if (!packets.isBetween || socket.readableLength > 0)
    throw new RdpUpstreamError('ERR_RDP_UPSTREAM_PROTOCOL', 'the machine sent data before the TLS handshake');
  packets.detach();
  return confirm.protocol;
}

function handshake(stream: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('secureConnect', resolve);
    stream.once('error', (cause) => reject(failed(`the TLS handshake failed: ${cause.message}`, cause)));
    stream.once('close', () => {
      reject(
        signal.aborted
          ? new RdpUpstreamError('ERR_RDP_UPSTREAM_TIMEOUT', 'the TLS handshake took too long')
          : failed('the machine broke off in the TLS handshake'),
      );
    });
  });
}

function failed(message: string, cause?: unknown): RdpUpstreamError {
  return new RdpUpstreamError('ERR_RDP_UPSTREAM_CERTIFICATE', message, cause);
}
