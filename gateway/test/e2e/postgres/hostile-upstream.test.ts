/**
 * Servers that log in properly and then break the protocol, stall, flood or hang up: the session ends with a clean
 * error or is bounded, other sessions go on, and the gateway, a process of its own here, lives (P10).
 */
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeCommandComplete } from '../../../src/protocols/postgres/wire/backend/command-complete.ts';
import { encodeDataRow } from '../../../src/protocols/postgres/wire/backend/data-row.ts';
import { encodeNoticeResponse } from '../../../src/protocols/postgres/wire/backend/error-response.ts';
import { encodeParameterStatus } from '../../../src/protocols/postgres/wire/backend/parameter-status.ts';
import { encodeReadyForQuery } from '../../../src/protocols/postgres/wire/backend/ready-for-query.ts';
import { encodeQuery } from '../../../src/protocols/postgres/wire/frontend/query.ts';
import type { AuditRecord } from '../../support/gateway.ts';
import type { Answer } from '../../support/raw-answer.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { eventually } from '../process/gateway-process.ts';
import { type MeasuredGateway, startMeasuredGateway } from '../process/measured-gateway.ts';
import { authentication, rawMessage } from '../upstream/server-messages.ts';
import { type HostileServer, pour, startHostileServer } from './hostile-server.ts';

const MEGABYTE = 1024 * 1024;

let server: HostileServer;
let under: MeasuredGateway;

beforeAll(async () => {
  server = await startHostileServer();
  under = await startMeasuredGateway({ moreResources: [server.resource] });
});

afterEach(() => under.checkOthers());

afterAll(async () => {
  await under.stop();
  await server[Symbol.asyncDispose]();
});

const connect = (): Promise<RawClient> => under.connect({ database: 'hostile' });

/** One query to a server that does this with it. */
async function askWhile(misbehave: (socket: Socket, packet: Buffer) => void): Promise<Answer> {
  server.behave(misbehave);
  await using client = await connect();
  const answer = await client.ask(encodeQuery('SELECT 1'));
  if (answer.closed) await server.allClosed();
  return answer;
}

const row = encodeDataRow(['1']);
const done = encodeCommandComplete('SELECT 1');
const ready = encodeReadyForQuery('I');
const lengthOf = (type: string, length: number, body: string | Buffer = ''): Buffer => {
  const message = rawMessage(type, body);
  message.writeInt32BE(length, 1);
  return message;
};
const writing =
  (...pieces: readonly Buffer[]) =>
  (socket: Socket): void =>
    void socket.write(Buffer.concat(pieces));

const BROKEN: readonly (readonly [string, readonly Buffer[]])[] = [
  ['an unknown message type', [rawMessage('!')]],
  ['a length of 0', [lengthOf('Z', 0, 'I')]],
  ['a length of 3', [lengthOf('D', 3)]],
  ['a negative length', [lengthOf('D', -1)]],
  ['a length of 2^31 - 1', [lengthOf('T', 0x7fff_ffff)]],
  ['an ErrorResponse of 2 MiB', [rawMessage('E', Buffer.alloc(2 * MEGABYTE, 'x'))]],
  ['an ErrorResponse without an end', [rawMessage('E', 'SERROR')]],
  ['an ErrorResponse with a field twice', [rawMessage('E', 'SERROR\0C42601\0C42602\0\0')]],
  ['a ParameterStatus of 2 MiB', [rawMessage('S', Buffer.alloc(2 * MEGABYTE, 'x'))]],
  ['a ParameterStatus without an end', [rawMessage('S', 'a')]],
  ['another client_encoding', [encodeParameterStatus('client_encoding', 'SJIS')]],
  ['standard_conforming_strings off', [encodeParameterStatus('standard_conforming_strings', 'off')]],
  ['a path of 5,000 schemas', [encodeParameterStatus('search_path', schemas(5_000))]],
  ['CopyBothResponse', [rawMessage('W', Buffer.alloc(3))]],
  ['CopyInResponse that nobody asked for', [rawMessage('G', Buffer.alloc(3))]],
  ['CopyData out of nowhere', [rawMessage('d', 'x')]],
  ['AuthenticationCleartextPassword', [authentication(3)]],
  ['AuthenticationOk', [authentication(0)]],
  ['BackendKeyData', [rawMessage('K', Buffer.alloc(8))]],
  ['NegotiateProtocolVersion', [rawMessage('v', Buffer.alloc(8))]],
  ['the answer to another question', [rawMessage('1'), ready]],
  ['a ReadyForQuery too much', [row, done, ready, ready]],
  ['rows after the end', [row, done, ready, row]],
  ['a transaction status that is none', [row, done, rawMessage('Z', 'X')]],
  ['a ReadyForQuery of two bytes', [row, done, rawMessage('Z', 'II')]],
  ['a FunctionCallResponse', [rawMessage('V', Buffer.alloc(4))]],
];

function schemas(count: number): string {
  return Array.from({ length: count }, (_, index) => `schema_${index}`).join(', ');
}

describe('a server that breaks the protocol', () => {
  it.each(BROKEN)('P10: %s: the session ends with 58000, and its connection with it', async (_, pieces) => {
    server.behave(writing(...pieces));
    await using client = await connect();
    client.send(encodeQuery('SELECT 1'));
    const answers: Answer[] = [];
    do answers.push(await client.answer());
    while (answers.at(-1)?.closed === false);
    const errors = answers.flatMap((answer) => answer.errors);
    expect(errors.at(-1)).toMatchObject({ severity: 'FATAL', code: '58000' });
    expect(errors.at(-1)?.message).toBe('the database server broke the protocol; the session was closed');
    await server.allClosed();
  });

  it('P4: leaves no exchange open on the record, and says that nobody knows what became of it', async () => {
    server.behave(writing(row, rawMessage('!')));
    {
      await using client = await connect();
      await client.ask(encodeQuery('SELECT 4711'));
    }
    const intent = under.site.records().find((record) => JSON.stringify(record['request'])?.includes('4711'));
    const ofSession = (type: string): Promise<AuditRecord> =>
      eventually(() =>
        under.site
          .records()
          .findLast((one) => one['type'] === type && one['session'] === intent?.['session']),
      );
    expect(await ofSession('session.closed')).toMatchObject({ reason: 'upstream-protocol-error' });
    expect(await ofSession('exchange.outcome')).toMatchObject({
      exchange: intent?.['exchange'],
      status: 'unknown',
      result: { rows: 1 },
    });
  });

  it('P6: answers nothing to a server that asks for a password again', async () => {
    let heard = '';
    await askWhile((socket, packet) => {
      heard += packet.toString('latin1');
      socket.write(authentication(3));
    });
    expect(heard.slice(heard.indexOf('SELECT 1'))).not.toContain('p\0\0');
  });

  it('P10: random bytes, in any portions, with an end: never more than the end of the session', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((array) => Buffer.from(array));
    const property = fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 4 }), async (portions) => {
      server.behave((socket) => {
        for (const portion of portions) socket.write(portion);
        socket.end();
      });
      await using client = await connect();
      // What comes may have no form at all.
      client.discard();
      client.send(encodeQuery('SELECT 1'));
      await client.closed();
      await server.allClosed();
    });
    await fc.assert(property, { numRuns: 40, endOnFailure: true });
  });
});

describe('a server that is odd, but within the protocol', () => {
  it('CVE-2026-6666: an ErrorResponse without SQLSTATE, or without anything, is an error and no more', async () => {
    for (const body of ['SERROR\0Mno\0\0', '\0']) {
      const answer = await askWhile(writing(rawMessage('E', body), ready));
      expect(answer).toMatchObject({
        closed: false,
        status: 'I',
        messages: ['ErrorResponse', 'ReadyForQuery'],
      });
    }
  });

  it('a large ParameterStatus, notices and notifications in between are handed on', async () => {
    const notice = encodeNoticeResponse({ severity: 'NOTICE', code: '00000', message: 'hm' });
    const status = encodeParameterStatus('setting', 'x'.repeat(900_000));
    const answer = await askWhile(writing(notice, status, row, notice, done, notice, ready));
    expect(answer.messages.filter((name) => name === 'NoticeResponse')).toHaveLength(3);
    expect(answer.parameters.get('setting')).toHaveLength(900_000);
  });

  it.each([
    ['hangs up', (socket: Socket) => void socket.end()],
    ['resets', (socket: Socket) => void socket.resetAndDestroy()],
    ['hangs up between row and end', (socket: Socket) => void socket.end(row)],
    ['hangs up inside a row', (socket: Socket) => void socket.end(row.subarray(0, -1))],
  ])('a server that %s ends the session with a clean error', async (_, misbehave) => {
    const answer = await askWhile(misbehave);
    expect(answer.closed).toBe(true);
    expect(answer.errors).toMatchObject([{ severity: 'FATAL', code: '58000' }]);
  });

  it('a server that is silent for ever holds up nobody else, and is cancelled and left when the client goes', async () => {
    const before = server.cancels;
    const seen = new Promise<void>((resolve) => {
      server.behave(() => resolve());
    });
    {
      await using client = await connect();
      client.send(encodeQuery('SELECT 1'));
      await seen;
      expect((await under.bystander.query('SELECT 2 AS two')).rows).toEqual([{ two: 2 }]);
    }
    await eventually(() => server.cancels > before);
    await server.allClosed();
  });
});

describe('a server that floods', () => {
  const floods: readonly (readonly [string, Buffer])[] = [
    ['rows', encodeDataRow(['x'.repeat(5_000)])],
    ['notices', encodeNoticeResponse({ severity: 'NOTICE', code: '00000', message: 'x'.repeat(500) })],
    ['parameters', encodeParameterStatus('search_path', 'public')],
    ['one row of 2 GiB', Buffer.concat([lengthOf('D', 0x7fff_ffff), Buffer.alloc(64 * 1024)])],
    ['ends of statements', encodeCommandComplete(`SELECT ${'1'.repeat(200)}`)],
  ];

  it.each(floods)(
    'P10: %s without end, to a client that does not read: memory stays where it was',
    async (_, piece) => {
      const chunk = Buffer.concat(
        Array.from({ length: Math.max(1, Math.ceil(65_536 / piece.length)) }, () => piece),
      );
      let poured = (): number => 0;
      server.behave((socket) => {
        if (poured() === 0) poured = pour(socket, chunk).bytes;
      });
      const before = await under.gateway.memory();
      await using client = await connect();
      client.pause();
      client.send(encodeQuery('SELECT 1'));
      await eventually(() => poured() > 0);
      // Once nothing more fits in between, the server’s count stands still over many turns of the gateway.
      for (let last = -1; last !== poured(); await under.gateway.memory()) last = poured();
      expect(poured()).toBeLessThan(64 * MEGABYTE);
      expect(await under.growthSince(before)).toBeLessThan(12 * MEGABYTE);
    },
  );

  it('P10: rows without end, to a client that reads: memory stays where it was, others are served', async () => {
    let poured = (): number => 0;
    server.behave((socket) => {
      if (poured() === 0) poured = pour(socket, Buffer.concat(Array.from({ length: 100 }, () => row))).bytes;
    });
    const before = await under.gateway.memory();
    await using client = await connect();
    client.discard();
    client.send(encodeQuery('SELECT 1'));
    await eventually(() => poured() > 32 * MEGABYTE);
    for (let i = 0; i < 5; i += 1) await under.bystander.query('SELECT $1::int', [i]);
    expect(await under.growthSince(before)).toBeLessThan(12 * MEGABYTE);
  });

  it('P10: a flood goes nowhere once its client is gone, although the server neither stops nor hangs up', async () => {
    let poured = (): number => 0;
    server.behave((socket) => {
      if (poured() === 0) poured = pour(socket, Buffer.alloc(65_536, row)).bytes;
    });
    {
      await using client = await connect();
      client.pause();
      client.send(encodeQuery('SELECT 1'));
      await eventually(() => poured() > 0);
    }
    await server.allClosed();
  });
});
