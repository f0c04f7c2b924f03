import { describe, expect, it } from 'vitest';
import { Opcode } from '../../wire/websocket/opcode.ts';
import { ANYTHING, bye, CHAT, open } from './testing/sockets.ts';

describe('a WebSocket', () => {
  it('carries messages both ways, each of the client under a permit of its own', async () => {
    const bench = await open(CHAT);
    const { client, service } = bench;
    client.json({ action: 'read' });
    await service.until((side) => side.messages.length === 1);
    service.text('{"value":1}');
    service.frame(Opcode.Binary, Buffer.from([0, 255]));
    await client.until((side) => side.messages.length === 2);
    expect(service.messages).toEqual([{ isText: true, text: '{"action":"read"}', pieces: 1 }]);
    expect(client.messages.map(({ isText, text }) => [isText, text.length])).toEqual([
      [true, 11],
      [false, 2],
    ]);
    expect(await bye(bench)).toEqual({
      status: 'ok',
      result: {
        status: 101,
        bytes: 13,
        messages: 2,
        sent: 1,
        refused: 0,
        closedBy: 'client',
        closeCode: 1000,
      },
    });
    expect(bench.events.map(({ type }) => type)).toEqual([
      'exchange.intent',
      'exchange.intent',
      'exchange.outcome',
    ]);
    expect(bench.events[1]).toMatchObject({ summary: 'text message to /live', rules: ['chat'] });
  });

  it('P2: sends one frame for a message, whatever frames it came in', async () => {
    const bench = await open(CHAT);
    const text = '{"action":"größer"}';
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 1) {
      bench.client.frame(at === 0 ? Opcode.Text : Opcode.Continuation, bytes.subarray(at, at + 1), false);
      bench.client.frame(Opcode.Ping, `p${at}`);
    }
    bench.client.frame(Opcode.Continuation, '', true);
    await bench.service.until((side) => side.messages.length === 1);
    expect(bench.service.messages).toEqual([{ isText: true, text, pieces: 1 }]);
    await bye(bench);
  });

  it('P1: pings are answered, and do not get across', async () => {
    const bench = await open(CHAT);
    bench.client.frame(Opcode.Ping, 'data for the service');
    bench.client.frame(Opcode.Pong, 'unasked');
    bench.service.frame(Opcode.Ping, 'data for the client');
    await bench.client.until((side) => side.pongs.length === 1);
    await bench.service.until((side) => side.pongs.length === 1);
    expect(bench.client.pongs).toEqual(['data for the service']);
    expect(bench.service.pongs).toEqual(['data for the client']);
    await bye(bench);
    expect([...bench.client.pings, ...bench.service.pings]).toEqual([]);
  });

  it('P1: the reason of a client’s close frame does not get across, that of a service does', async () => {
    const bench = await open(CHAT);
    bench.client.close(4001, 'data');
    await bench.service.until((side) => side.closed !== undefined);
    expect(bench.service.closed).toMatchObject({ code: 4001, reason: '' });
    bench.service.close(4002, 'as you wish');
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({ code: 4002, reason: 'as you wish' });
    expect((await bench.outcome).result).toMatchObject({ closedBy: 'client', closeCode: 4001 });
  });

  it('passes on what the service says before it answers a close frame', async () => {
    const bench = await open(CHAT);
    bench.client.close(undefined);
    await bench.service.until((side) => side.closed !== undefined);
    bench.service.text('last words');
    bench.service.close(undefined);
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.messages.map(({ text }) => text)).toEqual(['last words']);
    expect(bench.client.closed).toMatchObject({ code: undefined });
    expect((await bench.outcome).status).toBe('ok');
  });

  it('is ended by the service', async () => {
    const bench = await open(CHAT);
    bench.service.close(1001, 'restart');
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({ code: 1001, reason: 'restart' });
    bench.client.close(1001);
    await bench.service.until((side) => side.closed !== undefined);
    expect((await bench.outcome).result).toMatchObject({ closedBy: 'service', closeCode: 1001 });
  });

  it.each([
    ['client', 1001, 'cancelled'],
    ['service', 1014, 'error'],
  ] as const)('a %s that goes away is told to the other side', async (who, code, status) => {
    const bench = await open(CHAT);
    bench[who].stream.end();
    const other = who === 'client' ? bench.service : bench.client;
    await other.until((side) => side.closed !== undefined);
    expect(other.closed?.code).toBe(code);
    other.stream.end();
    expect(await bench.outcome).toMatchObject({ status, result: { closedBy: who } });
  });
});

describe('a message that is denied', () => {
  it('P9: is not sent, and the close frame says why', async () => {
    const bench = await open(CHAT);
    bench.client.json({ action: 'delete' });
    bench.client.json({ action: 'read' });
    await bench.client.until((side) => side.closed !== undefined);
    const { code, reason = '' } = bench.client.closed ?? {};
    expect(code).toBe(1008);
    expect(reason).toMatch(
      /^POLICY_DENIED \[dec_\S+\] denied by rule no-deletes\. Archive it instead\. Do not retry /,
    );
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    await bench.service.until((side) => side.closed !== undefined);
    expect(bench.service.messages).toEqual([]);
    expect(bench.service.closed).toMatchObject({ code: 1001, reason: '' });
    bench.client.stream.end();
    const { status, result } = await bench.outcome;
    expect({ status, result }).toMatchObject({
      status: 'cancelled',
      result: { closedBy: 'gateway', closeCode: 1008, code: 'POLICY_DENIED', refused: 1, sent: 0 },
    });
    expect(bench.session).toMatchObject({ exchanges: 1, refused: 1 });
  });

  it('P9: is found in any number of frames', async () => {
    const bench = await open(CHAT);
    const bytes = Buffer.from(`{"pad":"${'x'.repeat(900)}","action":"delete"}`);
    for (let at = 0; at < bytes.length; at += 1) {
      const opcode = at === 0 ? Opcode.Text : Opcode.Continuation;
      bench.client.frame(opcode, bytes.subarray(at, at + 1), false);
      for (let empty = 0; empty < 5; empty += 1) bench.client.frame(Opcode.Continuation, '', false);
    }
    bench.client.frame(Opcode.Continuation, '', true);
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed?.reason).toContain('denied by rule no-deletes');
    expect(bench.service.messages).toEqual([]);
    bench.client.stream.end();
    await bench.outcome;
  });

  it('P9: is told as a message where the resource says so, and the WebSocket goes on', async () => {
    const bench = await open(CHAT, { told: 'message' });
    bench.client.json({ action: 'delete' });
    await bench.client.until((side) => side.messages.length === 1);
    expect(JSON.parse(bench.client.messages[0]?.text ?? '')).toMatchObject({
      status: 403,
      code: 'POLICY_DENIED',
      rules: ['no-deletes'],
      detail: expect.stringContaining('Archive it instead.'),
    });
    bench.client.json({ action: 'read' });
    await bench.service.until((side) => side.messages.length === 1);
    expect(bench.service.messages.map(({ text }) => text)).toEqual(['{"action":"read"}']);
    await bye(bench);
  });

  it('P9: is told in the words of JSON-RPC, for each call', async () => {
    const rules = `
  - { id: open, effect: allow, on: http, match: { websocket: [open] } }
  - { id: read, effect: allow, on: http, match: { websocket: [text], rpc: ["read"] } }
`;
    const bench = await open(rules, { jsonRpc: ['/live'] });
    const call = (id: unknown, method: string) => ({ jsonrpc: '2.0', id, method });
    bench.client.json([call(1, 'read'), call('b', 'write')]);
    bench.client.json({ jsonrpc: '2.0', method: 'write' });
    bench.client.json(call(3, 'read'));
    await bench.client.until((side) => side.messages.length === 2);
    const [batch, notification] = bench.client.messages.map(({ text }) => JSON.parse(text));
    const error = { code: -32_003, message: expect.stringMatching(/^POLICY_DENIED /) };
    expect(batch).toMatchObject([
      { jsonrpc: '2.0', id: 1, error },
      { jsonrpc: '2.0', id: 'b', error },
    ]);
    expect(notification).toMatchObject({ id: null, error });
    await bench.service.until((side) => side.messages.length === 1);
    expect(bench.service.messages.map(({ text }) => JSON.parse(text))).toEqual([call(3, 'read')]);
    await bye(bench);
  });

  it('P9: is told in the words of GraphQL, for its operation', async () => {
    const rules = `
  - { id: open, effect: allow, on: http, match: { websocket: [open] } }
  - { id: prices, effect: allow, on: http, match: { websocket: [text], graphql: [Subscription.prices] } }
`;
    const bench = await open(rules, { graphql: ['/live'], protocol: 'graphql-transport-ws' });
    const subscribe = (id: string, query: string) => ({ id, type: 'subscribe', payload: { query } });
    bench.client.json({ type: 'connection_init', payload: {} });
    bench.client.json(subscribe('7', 'mutation { refund(id: 1) }'));
    bench.client.json(subscribe('8', 'subscription { prices { value } }'));
    await bench.client.until((side) => side.messages.length === 1);
    expect(JSON.parse(bench.client.messages[0]?.text ?? '')).toMatchObject({
      id: '7',
      type: 'error',
      payload: [{ message: expect.stringMatching(/^POLICY_DENIED /), extensions: { code: 'POLICY_DENIED' } }],
    });
    await bench.service.until((side) => side.messages.length === 2);
    expect(bench.service.messages.map(({ text }) => JSON.parse(text).type)).toEqual([
      'connection_init',
      'subscribe',
    ]);
    await bye(bench);
  });

  it('P9: is told between two messages of the service, not within one', async () => {
    const bench = await open(CHAT, { told: 'message' });
    bench.service.frame(Opcode.Text, 'one ', false);
    await bench.client.until((side) => side.partial === 'one ');
    bench.client.json({ action: 'delete' });
    // The denial is on file, so it is about to be told.
    while (bench.session.refused === 0) await bench.settled();
    bench.service.frame(Opcode.Continuation, 'message', true);
    await bench.client.until((side) => side.messages.length === 2);
    expect(bench.client.messages.map(({ text }) => text)).toEqual([
      'one message',
      expect.stringContaining('POLICY_DENIED'),
    ]);
    await bye(bench);
  });
});

describe('long messages', () => {
  it('P3: are denied beyond the window, and nothing of them is sent', async () => {
    const bench = await open(CHAT, { told: 'message', inspectionBytes: 10 });
    bench.client.frame(Opcode.Text, '"01234567', false);
    bench.client.frame(Opcode.Continuation, '89"', false);
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({ code: 1008 });
    expect(bench.client.closed?.reason).toContain('long text message');
    expect(bench.service.messages).toEqual([]);
    bench.client.stream.end();
    await bench.outcome;
  });

  it('pass as they come where a rule allows them', async () => {
    const bench = await open(ANYTHING, { inspectionBytes: 10 });
    bench.client.frame(Opcode.Binary, 'a'.repeat(11), false);
    bench.client.frame(Opcode.Continuation, 'b'.repeat(5_000), false);
    bench.client.frame(Opcode.Continuation, '', true);
    bench.client.text('next');
    await bench.service.until((side) => side.messages.length === 2);
    expect(bench.service.messages.map(({ text, isText }) => [isText, text.length])).toEqual([
      [false, 5_011],
      [true, 4],
    ]);
    await bye(bench);
    expect(bench.events.filter(({ type }) => type === 'exchange.outcome')).toMatchObject([
      { status: 'ok', result: { bytes: 5_011 } },
      { status: 'ok', result: { bytes: 4 } },
    ]);
  });

  it('P3: that turn out not to be UTF-8 end without their end', async () => {
    const bench = await open(ANYTHING, { inspectionBytes: 4 });
    bench.client.frame(Opcode.Text, 'abcdef', false);
    bench.client.frame(Opcode.Continuation, Buffer.from([0xc3, 0x28]), true);
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({ code: 1007 });
    await bench.service.until((side) => side.closed !== undefined);
    expect(bench.service.messages).toEqual([]);
    bench.client.stream.end();
    await bench.outcome;
    expect(bench.events.find(({ type }) => type === 'exchange.outcome')).toMatchObject({
      status: 'cancelled',
    });
  });
});
