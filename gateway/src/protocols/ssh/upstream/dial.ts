/** Opens a connection to the machine of a resource, and logs in with the gateway's own credential. */
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SshAccount, SshResourceConfig } from '../config.ts';
import { ClientConnection, type Proof } from '../transport/client-connection.ts';
import { fingerprintOf, readPrivateKey } from '../transport/keys.ts';
import { SshUpstreamError } from './errors.ts';
import { readHostIdentity } from './host-identity.ts';
import type { Way } from './way.ts';

/** Rejects with SshUpstreamError, or with what the credential's source says. */
export async function dial(way: Way, signal: AbortSignal): Promise<ClientConnection> {
  const { config, account, secret, clock } = way;
  const identity = await readHostIdentity(config, clock.nowMs());
  const user = account.user ?? account.name;
  const proof =
    account.certificate === true
      ? await way.certify(user, clock.nowMs())
      : proofOf(account, (await secret.read(signal)).reveal());
  const deadline = AbortSignal.timeout(config.connectTimeoutMs);
  const socket = await openStream(way, AbortSignal.any([signal, deadline]));
  let shown: string | undefined;
  const stop = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await ClientConnection.open(socket, {
      user,
      proof,
      hostKeyTypes: identity.types,
      timeoutMs: config.connectTimeoutMs,
      isHostKey(key) {
        const isKnown = identity.isHostKey(key);
        if (isKnown === false) shown = fingerprintOf(key);
        return isKnown;
      },
    });
  } catch (error) {
    socket.destroy();
    const failure = failureOf(error, shown, account);
    if (failure.code === 'ERR_SSH_UPSTREAM_AUTHENTICATION') secret.invalidate();
    throw failure;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function proofOf({ name, key }: SshAccount, secret: string): Proof {
  if (key === undefined) return { password: secret };
  const parsed = readPrivateKey(secret);
  if (parsed !== undefined) return { key: parsed };
  const message = `the key of account ${name} is no private key without passphrase in OpenSSH or PEM format`;
  throw new SshUpstreamError('ERR_SSH_UPSTREAM_CONFIGURATION', message);
}

function openStream({ config, jump }: Way, signal: AbortSignal): Promise<Duplex> {
  return jump === undefined ? openSocket(config, signal) : openThrough(jump, config, signal);
}

/** A connection that the jump host opens. Its own ends with it. */
async function openThrough(
  { name, way }: NonNullable<Way['jump']>,
  { host, port }: SshResourceConfig,
  signal: AbortSignal,
): Promise<Duplex> {
  const hop = await dial(way, signal).catch((error: unknown) => {
    if (!(error instanceof SshUpstreamError)) throw error;
    throw new SshUpstreamError(error.code, `jump host ${name}: ${error.message}`, error);
  });
  const stop = (): void => hop.destroy();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const stream = await hop.tunnel(host, port);
    // It stays, as that of a socket does.
    stream.on('error', () => undefined);
    stream.once('close', () => hop.end());
    return stream;
  } catch (cause) {
    hop.end();
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : 'unknown failure';
    const code = signal.aborted ? 'ERR_SSH_UPSTREAM_TIMEOUT' : 'ERR_SSH_UPSTREAM_UNREACHABLE';
    throw new SshUpstreamError(
      code,
      `no connection to ${host} port ${port} by way of ${name}: ${reason}`,
      cause,
    );
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function openSocket({ host, port }: SshResourceConfig, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    const settle = (): void => signal.removeEventListener('abort', stop);
    const fail = (error: SshUpstreamError): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const stop = (): void => {
      fail(new SshUpstreamError('ERR_SSH_UPSTREAM_TIMEOUT', `no connection to ${host} port ${port} in time`));
    };
    // It stays: a socket that nobody listens to any more must not end the process.
    socket.on('error', (cause) => {
      const message = `no connection to ${host} port ${port}: ${cause.message}`;
      fail(new SshUpstreamError('ERR_SSH_UPSTREAM_UNREACHABLE', message, cause));
    });
    socket.once('connect', () => {
      settle();
      resolve(socket);
    });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** By where ssh2 says that it failed. */
function failureOf(error: unknown, shown: string | undefined, { name }: SshAccount): SshUpstreamError {
  const { level, message } = error as { readonly level?: unknown; readonly message?: unknown };
  const text = typeof message === 'string' ? message.slice(0, 200) : 'unknown failure';
  if (shown !== undefined) {
    return new SshUpstreamError(
      'ERR_SSH_UPSTREAM_HOST_KEY',
      `the machine showed the host key ${shown}, which is not configured; see that it is the right machine, then add the key`,
    );
  }
  if (level === 'client-authentication') {
    return new SshUpstreamError(
      'ERR_SSH_UPSTREAM_AUTHENTICATION',
      `the machine refused account ${name}`,
      error,
    );
  }
  if (level === 'client-timeout') {
    return new SshUpstreamError(
      'ERR_SSH_UPSTREAM_TIMEOUT',
      'the machine did not log the gateway in in time',
      error,
    );
  }
  return new SshUpstreamError('ERR_SSH_UPSTREAM_PROTOCOL', `the handshake failed: ${text}`, error);
}
