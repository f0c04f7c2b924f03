import { describe, expect, it } from 'vitest';
import type { RecordedExchange } from '../../../../model/recorded-exchange.ts';
import { HarArchive } from './har-archive.ts';
import { added, entryOf, exchange, type Given, SESSION } from './testing/recorded.ts';

describe('WebSockets', () => {
  const frame = (opcode: number, text: string): string =>
    String.fromCharCode(0x80 | opcode, text.length) + text;
  const head = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n';
  const message = (more: Given): RecordedExchange =>
    exchange({ text: 'message to /chat', asked: { message: 'text' }, delivered: [], ...more });

  it('are one entry with the messages of both sides, and with those that were denied', async () => {
    const archive = new HarArchive(SESSION);
    expect(await archive.add(message({ sent: [frame(1, 'hello')] }))).toBeUndefined();
    const denied = { effect: 'deny', cause: 'rule', rules: ['no-shouting'], decision: 'dec_3' } as const;
    expect(await archive.add(message({ sent: [], request: denied }))).toBeUndefined();
    expect(archive.end()).toContain('whose beginning is not exported');
    const opening = exchange({
      text: 'GET /chat?room=1',
      delivered: [head + frame(1, 'wel').replace('\x81', '\x01'), `\x80\x04come`, frame(2, '\x00\x01')],
    });
    const { entry, missing } = await added(archive, opening);
    expect(missing).toBeUndefined();
    expect(entry).toMatchObject({
      _resourceType: 'websocket',
      response: { status: 101, content: { size: 0 } },
    });
    const at = Date.parse(SESSION.openedAt) / 1000;
    expect(entry._webSocketMessages).toEqual([
      {
        type: 'send',
        time: at + 0.102,
        opcode: 1,
        data: 'hello',
        _decision: 'dec_1',
        _rules: 'analytics-read',
      },
      { type: 'receive', time: at + 0.14, opcode: 1, data: 'welcome' },
      { type: 'receive', time: at + 0.15, opcode: 2, data: 'AAE=' },
    ]);
    expect(entry._sallyport['deniedMessages']).toEqual([
      { time: at + 0.1, decision: 'dec_3', cause: 'rule', rules: ['no-shouting'] },
    ]);
    expect(archive.end()).toBeUndefined();
  });

  it('say where a message is not whole', async () => {
    const { missing } = await entryOf({
      text: 'GET /chat',
      delivered: [head, frame(1, 'hello').slice(0, 4)],
    });
    expect(missing).toContain('not whole');
    expect((await entryOf({ text: 'GET /chat', delivered: [head, '\xff\xff\xff'] })).missing).toContain(
      'cannot be read',
    );
  });
});
