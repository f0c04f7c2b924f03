import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer, WebSocket as WsClient } from 'ws';
import { runCli } from '../../../src/cli/cli.ts';
import { type HarEntry, readHar } from '../../recording/har-schema.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: talk, effect: allow, on: http, match: { groups: [agents], paths: [/chat], websocket: [open, text] }, mask: [ { columns: ["*.email"], with: redact } ] }
  - { id: no-deletes, effect: deny, on: http, match: { websocket: [text] }, when: "http.body.action == 'delete'", message: Archive it instead. }
`;
let gateway: HttpGateway;

beforeAll(async () => {
  gateway = await startHttpGateway({
    service: (_request, response) => response.end(),
    policy: POLICY,
    listener: { allowLoopbackPlaintext: true },
    resource: { webSocketDenial: 'message' },
    recording: {},
  });
  const sockets = new WebSocketServer({ noServer: true });
  gateway.service.on('upgrade', (request, stream: Duplex, head: Buffer) =>
    sockets.handleUpgrade(request, stream, head, (socket) => {
      socket.on('message', (data: Buffer) => {
        socket.send(JSON.stringify({ echo: JSON.parse(data.toString()), email: 'ada@example.com' }));
      });
    }),
  );
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

describe('sallyport sessions export --har', () => {
  it('P5: has a WebSocket as one entry, with its messages as the client got them, and with those that were denied', async () => {
    const headers = { authorization: `Bearer ${await gateway.issuer.token()}` };
    const client = new WsClient(`${gateway.url.replace('https:', 'ws:')}/chat?room=1`, { headers });
    const got: string[] = [];
    client.on('message', (data: Buffer) => got.push(data.toString()));
    await once(client, 'open');
    for (const text of ['{"action":"read"}', '{"action":"delete"}', '{"action":"list"}']) {
      client.send(text);
      await once(client, 'message');
    }
    client.close();
    await once(client, 'close');
    const records = await gateway.recordsUntil((all) => all.some(({ type }) => type === 'recording.closed'));
    const session = String(records.find(({ type }) => type === 'session.opened')?.['session']);

    let text = '';
    let errors = '';
    const code = await runCli(['sessions', 'export', session, '--har', '-d', gateway.dataDir], {
      stdout: { write: (piece) => (text += piece) },
      stderr: { write: (piece) => (errors += piece) },
    });
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const { entries } = readHar(text).log;
    const [entry] = entries as readonly (HarEntry & { readonly _webSocketMessages: readonly Message[] })[];
    expect(entries).toHaveLength(1);
    expect(entry).toMatchObject({
      request: { method: 'GET', url: 'http://127.0.0.1/chat?room=1' },
      response: { status: 101 },
      _resourceType: 'websocket',
      _sallyport: { deniedMessages: [{ cause: 'rule', rules: ['no-deletes'] }] },
    });
    const messages = entry?._webSocketMessages ?? [];
    expect(messages.filter(({ type }) => type === 'send').map(({ data }) => data)).toEqual([
      '{"action":"read"}',
      '{"action":"list"}',
    ]);
    // The gateway's own answer to what it denied is among them.
    expect(messages.filter(({ type }) => type === 'receive').map(({ data }) => data)).toEqual(got);
    expect(got[0]).toBe('{"echo":{"action":"read"},"email":"[redacted]"}');
    expect(text).not.toContain('ada@example.com');
  });
});

interface Message {
  readonly type: 'send' | 'receive';
  readonly data: string;
}
