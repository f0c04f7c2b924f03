import { X509Certificate } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect, type TLSSocket } from 'node:tls';
import type { PostgresAccount, PostgresResourceConfig } from '../config.ts';
import { isVerifying } from '../transport-security.ts';
import { encodeSslRequest } from '../wire/startup.ts';
import { destroyOnAbort } from './dial.ts';
import { UpstreamError } from './errors.ts';

const ACCEPTED = 0x53;
const REFUSED = 0x4e;
const ALPN = 'postgresql';
/** Longest PEM file read: the whole Mozilla bundle has 250 KB. */
const MAX_PEM_BYTES = 2_097_152;

/** TLS towards one resource, with the files read: the same for the session and for its cancel requests. */
export type TlsSettings = ConnectionOptions;

/**
 * Reads the CA and client certificate files. They are read for each session, so that renewed ones take effect.
 * Rejects with ERR_UPSTREAM_CONFIGURATION.
 */
export async function loadTlsSettings(
  resource: PostgresResourceConfig,
  account: PostgresAccount,
): Promise<TlsSettings> {
  const { tls } = resource;
  // The schema says so too; a config that came another way must not lose the check.
  if (tls.mode === 'verify-ca' && tls.ca === undefined) {
    throw new UpstreamError('ERR_UPSTREAM_CONFIGURATION', 'tls.mode verify-ca needs tls.ca');
  }
  const name = tls.serverName ?? resource.host;
  const certificate = account.clientCertificate;
  return {
    ...(tls.ca === undefined ? {} : { ca: await readCertificates(tls.ca) }),
    ...(certificate === undefined
      ? {}
      : { cert: await readCertificates(certificate.cert), key: await readPem(certificate.key) }),
    // RFC 6066 section 3: SNI holds no IP addresses.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ALPNProtocols: [ALPN],
    minVersion: 'TLSv1.2',
    rejectUnauthorized: isVerifying(tls.mode),
    // Node would check the name it guesses from its options; this one is the configured one.
    checkServerIdentity: (_, peer) =>
      tls.mode === 'verify-full' ? checkServerIdentity(name, peer) : undefined,
  };
}

/** Asks for TLS (SSLRequest) and does the handshake. Rejects with ERR_UPSTREAM_TLS or ERR_UPSTREAM_CERTIFICATE. */
export async function upgradeToTls(
  socket: Socket,
  settings: TlsSettings,
  signal: AbortSignal,
): Promise<TLSSocket> {
  signal.throwIfAborted();
  const answer = readAnswer(socket);
  socket.write(encodeSslRequest());
  await answer;
  // No await between the answer and here: bytes that come from now on go to the TLS engine.
  const secure = startTls(socket, settings);
  destroyOnAbort(secure, signal);
  await handshake(secure);
  // Belt and braces: with `rejectUnauthorized` Node has already refused.
  if (settings.rejectUnauthorized !== false && !secure.authorized) {
    throw new UpstreamError('ERR_UPSTREAM_CERTIFICATE', 'the server certificate was not verified');
  }
  return secure;
}

function startTls(socket: Socket, settings: TlsSettings): TLSSocket {
  try {
    const secure = connect({ ...settings, socket });
    secure.on('error', () => undefined);
    secure.disableRenegotiation();
    return secure;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UpstreamError(
      'ERR_UPSTREAM_CONFIGURATION',
      `a certificate, key or CA cannot be used: ${reason}`,
    );
  }
}

/**
 * Waits for the one byte of the answer. More bytes are refused: whoever sits in between could otherwise put plaintext
 * in front of what TLS protects (CVE-2021-23222). The text of an error here is nobody's word and is not repeated
 * (CVE-2024-10977).
 */
function readAnswer(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error: UpstreamError | undefined): void => {
      socket.off('data', onData);
      socket.off('close', onOver);
      socket.off('end', onOver);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onData = (chunk: Buffer): void => settle(judgeAnswer(chunk));
    const onOver = (): void => {
      settle(
        new UpstreamError('ERR_UPSTREAM_UNREACHABLE', 'the server closed the connection when asked for TLS'),
      );
    };
    socket.once('data', onData);
    socket.once('close', onOver);
    socket.once('end', onOver);
  });
}

function judgeAnswer(chunk: Buffer): UpstreamError | undefined {
  const code = chunk[0];
  if (code === ACCEPTED && chunk.length === 1) return undefined;
  if (code === ACCEPTED) {
    const message = `the server sent ${chunk.length - 1} plaintext bytes after it agreed to TLS`;
    return new UpstreamError('ERR_UPSTREAM_PROTOCOL', message);
  }
  if (code === REFUSED) {
    const message = 'the server does not offer TLS; enable ssl there, or set tls.mode to disable';
    return new UpstreamError('ERR_UPSTREAM_TLS', message);
  }
  return new UpstreamError('ERR_UPSTREAM_PROTOCOL', `the server answered ${code} when asked for TLS`);
}

function handshake(secure: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error & { readonly code?: unknown }): void => reject(toTlsError(secure, error));
    secure.once('secureConnect', () => {
      secure.off('error', fail);
      resolve();
    });
    secure.once('error', fail);
    secure.once('close', () => fail(new Error('connection closed during the handshake')));
  });
}

function toTlsError(secure: TLSSocket, error: Error & { readonly code?: unknown }): UpstreamError {
  const reason = typeof error.code === 'string' ? error.code : error.message;
  // Node sets this for a chain or a name that does not verify, and for nothing else.
  // It is null or undefined until then, whatever its type says.
  const isCertificate = Boolean(secure.authorizationError);
  return isCertificate
    ? new UpstreamError('ERR_UPSTREAM_CERTIFICATE', `the server certificate is not valid: ${reason}`, {
        cause: error,
      })
    : new UpstreamError('ERR_UPSTREAM_TLS', `the tls handshake failed: ${reason}`, { cause: error });
}

/** Node takes a file without certificates for an empty list and would only say that nothing verifies. */
async function readCertificates(path: string): Promise<Buffer> {
  const pem = await readPem(path);
  try {
    new X509Certificate(pem);
  } catch {
    throw new UpstreamError('ERR_UPSTREAM_CONFIGURATION', `${path} holds no certificate in PEM form`);
  }
  return pem;
}

async function readPem(path: string): Promise<Buffer> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > MAX_PEM_BYTES) throw new Error('not a PEM file');
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'not a PEM file';
    throw new UpstreamError('ERR_UPSTREAM_CONFIGURATION', `${path} cannot be read: ${reason}`);
  }
}
