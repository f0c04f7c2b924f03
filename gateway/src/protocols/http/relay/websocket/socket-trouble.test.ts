import { describe, expect, it } from 'vitest';
import { Opcode } from '../../wire/websocket/opcode.ts';
import { ANYTHING, CHAT, open } from './testing/sockets.ts';

describe('what breaks the protocol', () => {
  const masked = (first: number, second: number, ...rest: readonly number[]): Buffer =>
    Buffer.from([first, second, 0, 0, 0, 0, ...rest]);

  it.each<[string, Buffer, number]>([
    ['a frame that is not masked', Buffer.from([0x81, 1, 0x61]), 1002],
    ['reserved bits', masked(0xc1, 0x81, 0x61), 1002],
    ['a reserved opcode', masked(0x83, 0x81, 0x61), 1002],
    ['a fragmented ping', masked(0x09, 0x80), 1002],
    ['a continuation of nothing', masked(0x80, 0x81, 0x61), 1002],
    ['a message within another', Buffer.concat([masked(0x01, 0x81, 0x61), masked(0x81, 0x81, 0x61)]), 1002],
    [
      'text that is not UTF-8, over two frames',
      Buffer.concat([masked(0x01, 0x81, 0xe2), masked(0x80, 0x81, 0x28)]),
      1007,
    ],
    ['a close code that is none', masked(0x88, 0x82, 0x03, 0xee), 1002],
    ['a second request', Buffer.from('GET /admin HTTP/1.1\r\nHost: x\r\n\r\n'), 1002],
  ])('P3: %s of a client ends it, and nothing is sent on', async (_what, bytes, code) => {
    const bench = await open(ANYTHING);
    bench.client.raw(bytes);
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed?.code).toBe(code);
    await bench.service.until((side) => side.closed !== undefined);
    expect(bench.service.closed).toMatchObject({ code: 1001 });
    expect(bench.service.messages).toEqual([]);
    bench.client.stream.end();
    expect((await bench.outcome).status).toBe('cancelled');
  });

  it.each<[string, Buffer, number]>([
    ['a masked frame', Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61]), 1002],
    ['compressed data', Buffer.from([0xc1, 1, 0x61]), 1002],
    ['text that is not UTF-8', Buffer.from([0x81, 1, 0xff]), 1007],
    ['a frame behind its close frame', Buffer.from([0x88, 0, 0x81, 1, 0x61]), 1000],
  ])('P3: %s of a service ends it', async (_what, bytes, code) => {
    const bench = await open(ANYTHING);
    bench.service.raw(bytes);
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.messages).toEqual([]);
    if (code !== 1000) {
      expect(bench.client.closed).toMatchObject({ code: 1014 });
      await bench.service.until((side) => side.closed !== undefined);
      expect(bench.service.closed?.code).toBe(code);
    }
    bench.client.stream.end();
    await bench.outcome;
  });

  it('P10: floods of pings end it', async () => {
    const bench = await open(ANYTHING);
    for (let count = 0; count < 600; count += 1) bench.client.frame(Opcode.Ping, '');
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({ code: 1008 });
    expect(bench.client.pongs.length).toBeLessThanOrEqual(500);
    bench.client.stream.end();
    expect((await bench.outcome).result).toMatchObject({ code: 'ERR_WEBSOCKET_CONTROL' });
  });

  it('P10: a message without end in empty frames ends it', async () => {
    const bench = await open(ANYTHING);
    bench.client.frame(Opcode.Text, '', false);
    const empty = Buffer.concat(Array.from({ length: 10_000 }, () => masked(0x00, 0x80)));
    for (let count = 0; count < 11; count += 1) bench.client.raw(empty);
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({ code: 1009 });
    bench.client.stream.end();
    await bench.outcome;
  });

  it('P10: sides that are silent are asked for a sign of life, then given up', async () => {
    const bench = await open(ANYTHING, { idleMs: 20 });
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.pings.length + bench.service.pings.length).toBeGreaterThan(0);
    expect([1001, 1014]).toContain(bench.client.closed?.code);
    bench.client.stream.end();
    await bench.outcome;
  });
});

describe('sides that do not take part', () => {
  it('P10: a close frame that nobody answers is waited for, but not long', async () => {
    const bench = await open(CHAT);
    bench.client.json({ action: 'delete' });
    await bench.client.until((side) => side.closed !== undefined);
    // Neither side answers it.
    expect((await bench.outcome).result).toMatchObject({ closedBy: 'gateway' });
  });

  it('P10: what a client does not take holds up the service, and nothing is gathered meanwhile', async () => {
    const bench = await open(ANYTHING, { reads: { client: false } });
    const block = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    while (bench.service.stream.writableLength < 4 * block.length && sent < 1_000) {
      bench.service.frame(Opcode.Binary, block);
      sent += 1;
      await bench.settled();
    }
    // Some pieces fit into the buffers on the way; a gateway that read on would have taken all of them.
    expect(sent).toBeLessThan(50);
    bench.client.stream.destroy();
    bench.service.stream.destroy();
    await bench.outcome;
  });

  it('P10: what a service does not take holds up the client', async () => {
    const bench = await open(ANYTHING, { reads: { service: false }, inspectionBytes: 100_000 });
    const block = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    while (bench.client.stream.writableLength < 4 * block.length && sent < 1_000) {
      bench.client.frame(Opcode.Binary, block);
      sent += 1;
      await bench.settled();
    }
    expect(sent).toBeLessThan(50);
    bench.client.stream.destroy();
    bench.service.stream.destroy();
    await bench.outcome;
  });

  it('a denial that cannot be told between two messages ends it', async () => {
    const bench = await open(CHAT, { told: 'message' });
    bench.service.frame(Opcode.Text, 'without end', false);
    await bench.client.until((side) => side.partial !== '');
    bench.client.json({ action: 'delete' });
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({
      code: 1008,
      reason: expect.stringContaining('POLICY_DENIED'),
    });
    bench.client.stream.end();
    await bench.outcome;
  }, 20_000);
});

describe('what ends it from outside', () => {
  it('P4: an audit that cannot be written', async () => {
    const bench = await open(ANYTHING);
    bench.audit.fails = true;
    bench.client.json({ a: 1 });
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({ code: 1011 });
    expect(bench.service.messages).toEqual([]);
    bench.client.stream.end();
    await bench.outcome;
  });

  it('P12: the end of the session closes both sides, with the reason', async () => {
    const bench = await open(ANYTHING);
    const { HttpError } = await import('../../errors.ts');
    bench.over.abort(new HttpError('ERR_HTTP_CREDENTIAL', 401, 'the token of this session has ended'));
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({ code: 1008, reason: 'the token of this session has ended' });
    await bench.service.until((side) => side.closed !== undefined);
    bench.client.stream.end();
    expect((await bench.outcome).result).toMatchObject({ code: 'ERR_HTTP_CREDENTIAL', closedBy: 'gateway' });
  });

  it('the end of the gateway is 1001', async () => {
    const bench = await open(ANYTHING);
    bench.draining.abort();
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({ code: 1001 });
    bench.client.stream.end();
    await bench.outcome;
  });

  it('P8: a policy that permits it no more ends it at the next message of either side', async () => {
    const nothing =
      '\n  - { id: other, effect: allow, on: http, match: { paths: [/other], websocket: [open] } }\n';
    for (const who of ['client', 'service'] as const) {
      const bench = await open(ANYTHING);
      bench.setRules(nothing);
      bench[who].json({ a: 1 });
      await bench.client.until((side) => side.closed !== undefined);
      expect(bench.client.closed).toMatchObject({
        code: 1008,
        reason: expect.stringContaining('POLICY_DENIED'),
      });
      expect([...bench.client.messages, ...bench.service.messages]).toEqual([]);
      bench.client.stream.end();
      await bench.outcome;
    }
  });

  it('P8: a policy that permits it no more ends one on which nothing moves, too', async () => {
    const bench = await open(ANYTHING, { idleMs: 50 });
    bench.setRules('\n  - { id: other, effect: allow, on: http, match: { paths: [/other] } }\n');
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({
      code: 1008,
      reason: expect.stringContaining('POLICY_DENIED'),
    });
    expect(bench.client.pings).toEqual([]);
    bench.client.stream.end();
    await bench.outcome;
  });

  it('P8: a policy that asks people from now on ends it, too', async () => {
    const bench = await open(ANYTHING);
    bench.setRules(ANYTHING.replace('long] }', 'long] }, approval: { by: [ops], within: 5m }'));
    bench.service.json({ a: 1 });
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.messages).toEqual([]);
    bench.client.stream.end();
    await bench.outcome;
  });
});
