/** What somebody without the gateway finds at a server's address: no secret is sent, and none is needed. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Reach } from '../../../../model/check-result.ts';
import { BackendType } from '../../wire/backend/backend-type.ts';
import { decodeErrorResponse } from '../../wire/backend/error-response.ts';
import { encodeSslRequest, encodeStartup } from '../../wire/startup.ts';
import { MessageChannel } from '../message-channel.ts';

const TIMEOUT_MS = 5_000;
const YES = 0x53;
const NO = 0x4e;
/** No line of pg_hba.conf lets this in, or one rejects it. */
const INVALID_AUTHORIZATION = '28000';
const NAME_UNKNOWN: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME']);

/**
 * Probes `postgres://ACCOUNT@HOST:PORT/DATABASE`: whether the port answers, and whether the server would ask this account for
 * its secret from here. With TLS, which is not verified (nothing secret is sent), and without: pg_hba.conf may differ.
 */
export async function probePostgres(target: URL): Promise<Reach> {
  const first = await attempt(target, true);
  if (first.verdict !== 'refused') return first;
  const second = await attempt(target, false);
  return second.verdict === 'open' ? second : first;
}

async function attempt(target: URL, encrypted: boolean): Promise<Reach> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(target.port || 5432) });
  socket.on('error', () => undefined);
  const cut = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    const problem = await connected(socket);
    if (problem !== undefined) return unreachable(signal.aborted ? 'ETIMEDOUT' : problem);
    return await askToStart(socket, target, encrypted);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      verdict: 'open',
      detail: `the port is open; what answers there is not understood: ${reason.slice(0, 200)}`,
    };
  } finally {
    signal.removeEventListener('abort', cut);
    socket.destroy();
  }
}

/** The error code when there is no connection. */
function connected(socket: Socket): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  socket.once('connect', () => resolve(undefined));
  socket.once('error', (error: Error & { readonly code?: string }) => resolve(error.code ?? error.message));
  socket.once('close', () => resolve('ETIMEDOUT'));
  return promise;
}

function unreachable(code: string): Reach {
  if (NAME_UNKNOWN.has(code)) return { verdict: 'unresolved', detail: `the name is unknown (${code})` };
  if (code === 'ECONNREFUSED') return { verdict: 'closed', detail: 'nothing listens there (ECONNREFUSED)' };
  return { verdict: 'filtered', detail: `no answer (${code})` };
}

async function askToStart(plain: Socket, target: URL, encrypted: boolean): Promise<Reach> {
  const stream = encrypted ? await upgraded(plain) : plain;
  const channel = new MessageChannel(stream);
  const user = decodeURIComponent(target.username);
  const database = decodeURIComponent(target.pathname.slice(1)) || user;
  channel.send(
    encodeStartup({
      minor: 0,
      parameters: [
        ['user', user],
        ['database', database],
      ],
    }),
  );
  const { type, bytes, start, end } = await channel.receive();
  if (type !== BackendType.ErrorResponse)
    return { verdict: 'open', detail: 'PostgreSQL answers and asks for a secret' };
  const { fields } = decodeErrorResponse(bytes, start, end);
  const code = fields.get('C') ?? '';
  return code === INVALID_AUTHORIZATION
    ? { verdict: 'refused', detail: 'PostgreSQL answers; its pg_hba.conf refuses the account from here' }
    : { verdict: 'open', detail: `PostgreSQL answers (SQLSTATE ${code.slice(0, 5)})` };
}

async function upgraded(plain: Socket): Promise<Socket> {
  const answer = firstByte(plain);
  plain.write(encodeSslRequest());
  const byte = await answer;
  if (byte === NO) return plain;
  if (byte !== YES) throw new Error('no answer to SSLRequest');
  const secure = connectTls({ socket: plain, rejectUnauthorized: false, ALPNProtocols: ['postgresql'] });
  await handshake(secure);
  return secure;
}

function firstByte(socket: Socket): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  socket.once('data', (chunk: Buffer) => {
    socket.pause();
    resolve(chunk[0]);
  });
  socket.once('close', () => resolve(undefined));
  return promise;
}

function handshake(secure: TLSSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  secure.once('secureConnect', resolve);
  secure.on('error', reject);
  secure.once('close', () => reject(new Error('the TLS handshake was cut')));
  return promise;
}
