import { describe, expect, it } from 'vitest';
import type { ApprovalAsk } from '../../../../model/approval.ts';
import { GatewayError } from '../../../../model/gateway-error.ts';
import { Opcode } from '../../wire/websocket/opcode.ts';
import {
  BenchRecording,
  type SocketBench,
  type SocketBenchOptions,
  startSocketBench,
} from './testing/socket-bench.ts';

const CHAT = `
  - { id: chat, effect: allow, on: http, match: { paths: [/live], websocket: [open, text] } }
  - { id: no-deletes, effect: deny, on: http, match: { websocket: [text, binary] }, when: "http.body.action == 'delete'", message: Archive it instead. }
`;
const ANYTHING = `
  - { id: any, effect: allow, on: http, match: { websocket: [open, text, binary, long] } }
`;

const open = (rules: string, more: Partial<SocketBenchOptions> = {}): Promise<SocketBench> =>
  startSocketBench({ rules, ...more });

/** Ends it from the client's side, so that the test waits for nothing else. */
async function bye({ client, service, outcome }: SocketBench): ReturnType<SocketBench['outcome']['then']> {
  client.close(1000);
  await service.until((side) => side.closed !== undefined);
  service.close(1000);
  return outcome;
}

describe('people', () => {
  const ASKED = `
  - { id: open, effect: allow, on: http, match: { websocket: [open] } }
  - { id: asked, effect: allow, on: http, match: { websocket: [text] }, approval: { by: [ops], within: 5m } }
`;

  it('P1: are asked for each message, and nothing of it is sent before they agree', async () => {
    const answer = Promise.withResolvers<void>();
    const asks: ApprovalAsk[] = [];
    const bench = await open(ASKED, {
      approvals: {
        ask: async (ask) => {
          asks.push(ask);
          ask.grounds();
          await answer.promise;
          const policy = { hash: '' };
          const grant = { id: 'g', request: 'r', digest: 'd', rules: ['asked'], policy, approvers: ['o'] };
          return { state: 'granted', grant };
        },
      },
    });
    bench.client.json({ pay: 1 });
    while (asks.length === 0) await bench.settled();
    expect(asks[0]?.binding).toMatchObject({
      text: 'WebSocket /live',
      parameters: [{ type: 'text message', value: Buffer.from('{"pay":1}') }],
    });
    expect(asks[0]?.view).toMatchObject({ parameters: [{ value: '{"pay":1}', sensitive: false }] });
    bench.service.text('meanwhile');
    bench.client.frame(Opcode.Ping, 'still there?');
    await bench.client.until((side) => side.messages.length === 1 && side.pongs.length === 1);
    expect(bench.service.messages).toEqual([]);
    answer.resolve();
    await bench.service.until((side) => side.messages.length === 1);
    await bye(bench);
  });

  it.each<[string, (bench: SocketBench) => void]>([
    ['has gone', ({ client }) => client.stream.end()],
    ['has said that it goes', ({ client }) => client.close(1000)],
    ['breaks the protocol', ({ client }) => client.raw(Buffer.from([0xff, 0xff]))],
  ])('are not waited for by a client that %s', async (_what, leave) => {
    let aborted: AbortSignal | undefined;
    const bench = await open(ASKED, {
      approvals: {
        ask: (ask, wait) =>
          new Promise((resolve) => {
            ask.grounds();
            aborted = wait?.signal;
            const pending = (): void => resolve({ state: 'pending', id: 'apr_1', remainingMs: 1_000 });
            aborted?.addEventListener('abort', pending);
          }),
      },
    });
    bench.client.json({ pay: 1 });
    while (aborted === undefined) await bench.settled();
    leave(bench);
    await bench.service.until((side) => side.closed !== undefined);
    expect(bench.service.messages).toEqual([]);
    expect(aborted.aborted).toBe(true);
    bench.service.close(1000);
    bench.client.stream.end();
    await bench.outcome;
  });

  it('P3: are not asked for what they cannot be shown whole', async () => {
    const bench = await open(ASKED.replace('[text]', '[text, long]'), {
      inspectionBytes: 10,
      approvals: { ask: () => Promise.reject(new Error('asked')) },
    });
    bench.client.text('longer than ten characters');
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.service.messages).toEqual([]);
    bench.client.stream.end();
    await bench.outcome;
  });
});

describe('limits', () => {
  const limited = (limits: string): string =>
    `\n  - { id: few, effect: allow, on: http, match: { websocket: [open, text] }, limits: { ${limits} } }\n`;

  it('bound what the service sends', async () => {
    const bench = await open(limited('bytes: 10'));
    bench.service.text('0123456');
    await bench.client.until((side) => side.messages.length === 1);
    bench.service.text('0123456');
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({
      code: 1008,
      reason: expect.stringMatching(/^LIMIT_EXCEEDED \[dec_/),
    });
    expect(bench.client.messages).toHaveLength(1);
    bench.client.stream.end();
    expect((await bench.outcome).result).toMatchObject({ code: 'ERR_HTTP_LIMIT' });
  });

  it('of a rule for messages bound it from then on', async () => {
    const rules = `
  - { id: open, effect: allow, on: http, match: { websocket: [open] } }
  - { id: few, effect: allow, on: http, match: { websocket: [text] }, limits: { bytes: 10 } }
`;
    const bench = await open(rules);
    bench.client.text('go');
    await bench.service.until((side) => side.messages.length === 1);
    bench.service.text('more than ten');
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.messages).toEqual([]);
    bench.client.stream.end();
    await bench.outcome;
  });

  it('bound how long it is open', async () => {
    const bench = await open(limited('timeout: 1s'));
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({
      code: 1008,
      reason: expect.stringContaining('LIMIT_EXCEEDED'),
    });
    bench.client.stream.end();
    await bench.outcome;
  });

  it('count messages', async () => {
    const bench = await open(limited('statementsPerMinute: 2'), { told: 'message' });
    for (const text of ['1', '2', '3']) bench.client.text(text);
    await bench.client.until((side) => side.messages.length === 1);
    expect(JSON.parse(bench.client.messages[0]?.text ?? '')).toMatchObject({ status: 429, cause: 'limit' });
    await bench.service.until((side) => side.messages.length === 2);
    await bye(bench);
  });
});

describe('masks', () => {
  const masked = (mask: string, websocket = 'open, text'): string =>
    `\n  - { id: masked, effect: allow, on: http, match: { websocket: [${websocket}] }, mask: [${mask}] }\n`;
  const EMAIL = '{ columns: ["*.email"], with: redact }';

  it('P5: are put on each message of the service, however it is cut', async () => {
    const bench = await open(masked(EMAIL));
    const text = ' {"id":1,"email":"alice@example.com","list":[{"Email":"bob@example.com"}]}';
    bench.service.text(text);
    for (let at = 0; at < text.length; at += 1) {
      bench.service.frame(
        at === 0 ? Opcode.Text : Opcode.Continuation,
        text.slice(at, at + 1),
        at === text.length - 1,
      );
    }
    await bench.client.until((side) => side.messages.length === 2);
    const [whole, cut] = bench.client.messages.map(({ text: got }) => got);
    expect(whole).toBe(cut);
    expect(whole).not.toContain('example.com');
    expect(JSON.parse(whole ?? '')).toMatchObject({ id: 1 });
    const { result } = (await bye(bench)) as { result: object };
    expect(result).toMatchObject({ masked: { columns: [{ column: 'email' }, {}] } });
  });

  it.each<[string, (bench: SocketBench) => void]>([
    ['binary data', ({ service }) => service.frame(Opcode.Binary, '{"email":"alice@example.com"}')],
    ['text that is no JSON', ({ service }) => service.text('email: alice@example.com')],
    ['half of a JSON text', ({ service }) => service.text('{"a":"x')],
  ])('P5: %s ends it where fields are masked', async (_what, send) => {
    const bench = await open(masked(EMAIL));
    send(bench);
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({
      code: 1008,
      reason: expect.stringContaining('cannot be masked'),
    });
    expect(bench.client.messages).toEqual([]);
    bench.client.stream.end();
    await bench.outcome;
  });

  it('P5: leave the reason of a close frame out', async () => {
    const bench = await open(masked(EMAIL));
    bench.service.close(4000, 'alice@example.com has left');
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({ code: 4000, reason: '' });
    bench.client.stream.end();
    await bench.outcome;
  });

  it('P5: that look for content pass text of any kind', async () => {
    const bench = await open(masked('{ detect: [word], with: redact }'));
    bench.service.text('a secret word');
    bench.service.text('{"note":"a secret word"}');
    await bench.client.until((side) => side.messages.length === 2);
    for (const { text } of bench.client.messages) expect(text).not.toContain('secret');
    await bye(bench);
  });

  it('P5: of a rule for messages, or of a new policy, are put on all that follows', async () => {
    const opening = '\n  - { id: open, effect: allow, on: http, match: { websocket: [open] } }\n';
    const bench = await open(opening + masked(EMAIL, 'text'));
    bench.client.text('go');
    await bench.service.until((side) => side.messages.length === 1);
    bench.service.text('{"email":"alice@example.com","phone":"1"}');
    await bench.client.until((side) => side.messages.length === 1);
    bench.setRules(masked('{ columns: ["*.phone"], with: redact }'));
    bench.service.text('{"email":"alice@example.com","phone":"1"}');
    await bench.client.until((side) => side.messages.length === 2);
    const [first = '', second = ''] = bench.client.messages.map(({ text }) => text);
    expect(JSON.parse(first)).toMatchObject({ email: expect.not.stringContaining('@'), phone: '1' });
    expect(second).not.toContain('@');
    expect(JSON.parse(second).phone).not.toBe('1');
    await bye(bench);
  });

  it('P5: are not kept for GraphQL, whose names are aliases', async () => {
    const rules = masked(EMAIL, 'text');
    const opening = '\n  - { id: open, effect: allow, on: http, match: { websocket: [open] } }\n';
    const bench = await open(opening + rules, { graphql: ['/live'], protocol: 'graphql-transport-ws' });
    bench.client.json({ id: '1', type: 'subscribe', payload: { query: 'subscription { me { x: email } }' } });
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.service.messages).toEqual([]);
    bench.client.stream.end();
    await bench.outcome;
  });
});

describe('the recording', () => {
  it('holds what each side got, and nothing of what was denied', async () => {
    const recording = new BenchRecording();
    const bench = await open(CHAT, { recording, told: 'message' });
    bench.client.json({ action: 'read' });
    await bench.service.until((side) => side.messages.length === 1);
    bench.client.json({ action: 'delete', secret: 'x' });
    await bench.client.until((side) => side.messages.length === 1);
    bench.service.text('answer');
    await bench.client.until((side) => side.messages.length === 2);
    await bye(bench);
    expect(recording.requests).toHaveLength(3);
    expect(recording.bytes.get('2 request')).toBe('\x81\x11{"action":"read"}');
    expect(recording.bytes.has('3 request')).toBe(false);
    const down = recording.bytes.get('1 response') ?? '';
    expect(down).toContain('POLICY_DENIED');
    expect(down.endsWith('\x81\x06answer\x88\x02\x03\xe8')).toBe(true);
  });

  it('that does not keep up changes the order of nothing', async () => {
    const recording = new BenchRecording();
    const bench = await open(CHAT, { recording, told: 'message' });
    const catchUp = recording.fallBehind();
    bench.client.json({ action: 'delete' });
    // The denial waits for the disk; what the service says behind it must not begin within it, nor it within that.
    while (!(recording.bytes.get('1 response') ?? '').includes('POLICY_DENIED')) await bench.settled();
    bench.service.frame(Opcode.Text, 'one ', false);
    for (let turn = 0; turn < 20; turn += 1) await bench.settled();
    catchUp();
    bench.service.frame(Opcode.Continuation, 'message', true);
    await bench.client.until((side) => side.messages.length === 2);
    expect(bench.client.messages.map(({ text }) => text)).toEqual([
      expect.stringContaining('POLICY_DENIED'),
      'one message',
    ]);
    await bye(bench);
  });

  it('P4: that cannot go on ends the WebSocket, and nothing is passed on unrecorded', async () => {
    const recording = new BenchRecording();
    const bench = await open(ANYTHING, { recording });
    recording.failed = new GatewayError('ERR_RECORDING_UNWRITABLE', 'full', { source: 'internal' });
    bench.service.text('unrecorded');
    await bench.client.until((side) => side.closed !== undefined);
    expect(bench.client.closed).toMatchObject({ code: 1011 });
    expect(bench.client.messages).toEqual([]);
    bench.client.stream.end();
    await bench.outcome;
  });
});
