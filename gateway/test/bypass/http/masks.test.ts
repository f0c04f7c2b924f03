/** P5: a masked value leaves by no door of HTTP, whatever the service calls it, and whatever the client asks for. */
import { createServer, type Server } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';
import { type RawHttpAnswer, RawHttpClient } from '../../support/raw-http.ts';
import { CANARY, type MaskAttack, type MaskOutcome } from './cases/answer.ts';
import { FORMAT_ANSWERS } from './cases/format-answers.ts';
import { HEAD_ANSWERS } from './cases/head-answers.ts';
import { JSON_ANSWERS } from './cases/json-answers.ts';

const ANSWERS: readonly MaskAttack[] = [...JSON_ANSWERS, ...FORMAT_ANSWERS, ...HEAD_ANSWERS];

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: by-name, effect: allow, on: http, match: { paths: ["/columns/**"] }, mask: [{ columns: ["*.email"], with: redact }] }
  - { id: by-content, effect: allow, on: http, match: { paths: ["/detectors/**"] }, mask: [{ detect: [email], with: redact }] }
`;

let service: Server;
let gateway: HttpGateway;
let token: string;
let answer: Buffer = Buffer.alloc(0);
let asked = 0;

/** Says what the test asked for, once a head came; then it has no more to say. */
beforeAll(async () => {
  service = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (!Buffer.from(chunk).includes('\r\n\r\n')) return;
      asked += 1;
      socket.end(answer);
    });
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as { readonly port: number };
  gateway = await startHttpGateway({
    service: (_request, response) => response.end(),
    policy: POLICY,
    listener: { allowLoopbackPlaintext: true },
    resource: { url: `http://127.0.0.1:${port}` },
    recording: {},
  });
  token = await gateway.issuer.token();
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  service.close();
});

async function ask(
  by: string,
  { method = 'GET', target = '', fields = [] }: MaskAttack,
): Promise<RawHttpAnswer | undefined> {
  await using client = await RawHttpClient.connect(gateway);
  client.send(
    [
      `${method} /shop/${by}/a${target} HTTP/1.1`,
      'Host: gateway',
      `Authorization: Bearer ${token}`,
      ...fields,
      'Connection: close',
      '',
      '',
    ].join('\r\n'),
  );
  return await client.answer(method);
}

/** Every form in which the value could be read. */
function everything(got: RawHttpAnswer): string {
  const texts = [got.bytes.toString('latin1'), got.body.toString('utf16le'), got.body.toString('utf8')];
  if (got.body[0] === 0x1f) texts.push(gunzipSync(got.body).toString());
  const bare = texts.map((text) =>
    text
      .replaceAll(/\\u([0-9a-f]{4})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replaceAll(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)))
      .replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replaceAll(/[\0\r\n]|\+ACI-/g, ''),
  );
  // What chunks take apart is together again in the body.
  return [...texts, ...bare].join('\n');
}

const outcomeOf = (got: RawHttpAnswer | undefined, before: number): MaskOutcome => {
  if (got === undefined || !got.isWhole) return 'broken';
  if (got.status === 403) return asked === before ? 'denied' : 'refused';
  if (got.status === 502) return 'refused';
  return /\[(redacted|email)\]|%5B(redacted|email)%5D|=redacted/i.test(everything(got))
    ? 'masked'
    : 'without';
};

for (const by of ['columns', 'detectors'] as const) {
  describe(`class 27, by ${by}`, () => {
    it.each(ANSWERS.filter((one) => one.by === undefined || one.by === by))('P5: $name', async (attack) => {
      answer = attack.answer;
      const before = asked;
      const got = await ask(by, attack);
      if (got !== undefined) expect(everything(got)).not.toContain(CANARY.split('@')[0]);
      const wanted = typeof attack.outcome === 'string' ? attack.outcome : attack.outcome[by];
      expect(outcomeOf(got, before), got?.bytes.toString('latin1', 0, 600)).toBe(wanted);
    });
  });
}

describe('on file', () => {
  it('P5: no value of it is in a recording', async () => {
    const sessions = gateway.records().filter(({ type }) => type === 'session.opened');
    expect(sessions.length).toBeGreaterThan(ANSWERS.length);
    let shown = '';
    const print = { write: (text: string) => (shown += text) };
    for (const { session } of sessions) {
      const command = ['sessions', 'export', String(session), '--data-dir', gateway.dataDir];
      await runCli(command, { stdout: print, stderr: print });
    }
    expect(shown).toContain('[redacted]');
    expect(shown).not.toContain(CANARY);
  });

  it('P5: no value of it is in the audit or the log', () => {
    expect(JSON.stringify(gateway.records())).not.toContain(CANARY);
    expect(gateway.logLines.join('\n')).not.toContain(CANARY);
  });
});
