/** A client that logs in by SCRAM with whatever messages a test wants: to prove nothing, or the wrong thing. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { tlsServerEndPoint } from '../../src/protocols/postgres/upstream/channel-binding.ts';
import { createScramExchange, type ScramOptions } from '../../src/protocols/postgres/upstream/scram.ts';
import {
  type Authentication,
  decodeAuthentication,
} from '../../src/protocols/postgres/wire/backend/authentication.ts';
import { BackendType } from '../../src/protocols/postgres/wire/backend/backend-type.ts';
import {
  decodeErrorResponse,
  type Report,
} from '../../src/protocols/postgres/wire/backend/error-response.ts';
import { FrameSplitter } from '../../src/protocols/postgres/wire/frame-splitter.ts';
import {
  encodeSaslInitialResponse,
  encodeSaslResponse,
} from '../../src/protocols/postgres/wire/frontend/password.ts';
import { encodeSslRequest, encodeStartup } from '../../src/protocols/postgres/wire/startup.ts';

/** A login, step by step; what is left out is as a good client has it. */
export interface ScramLogin {
  readonly host: string;
  readonly port: number;
  /** PEM file of the CA; undefined for no TLS. */
  readonly caFile?: string | undefined;
  readonly user: string;
  readonly database?: string;
  readonly secret: string;
  readonly mechanism?: string;
  readonly binding?: ScramOptions['binding'];
  /** Changes the client's first message. */
  readonly first?: (message: string) => Buffer | string;
  /** Changes its last one. */
  readonly final?: (message: string) => Buffer | string;
  /** Sends the raw bytes instead of the first message. */
  readonly raw?: Buffer;
}

/** How it went. */
export interface ScramOutcome {
  readonly offered: readonly string[];
  /** Salt and iterations, as the server told them. */
  readonly challenge: string;
  /** The server said AuthenticationOk. */
  readonly isIn: boolean;
  /** The server proved that it knows the keys. */
  readonly isServerProved: boolean;
  readonly error: Report | undefined;
  /** Kinds of messages that came. */
  readonly steps: readonly string[];
}

/** Logs in, and closes. */
export async function scramLogin(login: ScramLogin): Promise<ScramOutcome> {
  const stream = await open(login);
  try {
    return await converse(stream, login);
  } finally {
    stream.destroy();
  }
}

/** The channel binding that a good client has for this connection. */
function bindingOf(stream: Duplex): ScramOptions['binding'] {
  const certificate =
    'getPeerX509Certificate' in stream ? (stream as TLSSocket).getPeerX509Certificate() : undefined;
  const data = certificate === undefined ? undefined : tlsServerEndPoint(certificate.raw);
  return data === undefined ? { kind: 'none' } : { kind: 'endpoint', data };
}

async function converse(stream: Duplex, login: ScramLogin): Promise<ScramOutcome> {
  const messages = receive(stream);
  const outcome = { offered: [] as readonly string[], challenge: '', isIn: false, isServerProved: false };
  const steps: string[] = [];
  let error: Report | undefined;
  const next = async (): Promise<Authentication | undefined> => {
    const { value, done } = await messages.next();
    if (done === true) return undefined;
    steps.push(value.kind);
    if (value.kind === 'error') error = value.report;
    return value.kind === 'error' ? undefined : value;
  };
  stream.write(
    encodeStartup({
      minor: 0,
      parameters: [
        ['user', login.user],
        ['database', login.database ?? 'shop'],
      ],
    }),
  );
  const asked = await next();
  if (asked?.kind === 'sasl') {
    outcome.offered = asked.mechanisms;
    const mechanism = login.mechanism ?? asked.mechanisms[0] ?? '';
    const standard = mechanism.endsWith('-PLUS') ? bindingOf(stream) : ({ kind: 'none' } as const);
    const scram = createScramExchange({
      binding: login.binding ?? standard,
      nonce: 'clientnonceclientnonce24',
      minIterations: 1,
      maxIterations: 100_000,
    });
    const change = (how: ScramLogin['first'], text: string): Buffer | string => how?.(text) ?? text;
    stream.write(login.raw ?? encodeSaslInitialResponse(mechanism, change(login.first, scram.clientFirst)));
    const first = await next();
    if (first?.kind === 'saslContinue') {
      outcome.challenge = first.data.toString('latin1').replace(/^r=[^,]*,/, '');
      const answer = await scram.answer(first.data.toString('latin1'), login.secret);
      stream.write(encodeSaslResponse(change(login.final, answer)));
      const final = await next();
      if (final?.kind === 'saslFinal') {
        scram.verify(final.data.toString('latin1'));
        outcome.isServerProved = true;
        outcome.isIn = (await next())?.kind === 'ok';
      }
    }
  }
  return { ...outcome, error, steps };
}

type Received = Authentication | { readonly kind: 'error'; readonly report: Report };

async function* receive(stream: Duplex): AsyncGenerator<Received, void> {
  const splitter = new FrameSplitter({ maxFrameBytes: 1 << 20, source: 'upstream' });
  for await (const chunk of stream) {
    splitter.push(chunk as Buffer);
    for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
      const { type, bytes, start, end } = frame;
      const copy = Buffer.from(bytes.subarray(start, end));
      if (type === BackendType.Authentication) yield decodeAuthentication(copy, 0, copy.length);
      if (type === BackendType.ErrorResponse) {
        yield { kind: 'error', report: decodeErrorResponse(copy, 0, copy.length) };
      }
    }
  }
}

async function open({ host, port, caFile }: ScramLogin): Promise<Duplex> {
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (caFile === undefined) return socket;
  socket.write(encodeSslRequest());
  await once(socket, 'data');
  const tls = connectTls({ socket, ca: readFileSync(caFile), servername: 'localhost' });
  tls.on('error', () => undefined);
  await once(tls, 'secureConnect');
  return tls;
}
