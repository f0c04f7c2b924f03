import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHar } from '../../../test/recording/har-schema.ts';
import { request, session } from '../../../test/recording/session-data.ts';
import type { ReplayEntry } from '../../recording/replay.ts';
import { HarExport } from './har-export.ts';

const OPENED = {
  type: 'session',
  ms: 0,
  exchange: 0,
  head: {
    ...session('ses_1', {
      protocol: 'http',
      resource: 'crm',
      details: { protocol: 'HTTP/1.1', tls: 'TLSv1.3' },
    }),
    openedAt: '2026-11-26T12:00:00.000Z',
    results: true,
  },
} satisfies ReplayEntry;

const begin = (exchange: number, ms: number, path: string): ReplayEntry => ({
  type: 'begin',
  ms,
  exchange,
  head: request('ses_1', exchange, { request: { text: `GET ${path}`, host: 'crm.example' } }),
});
const delivered = (exchange: number, ms: number, text: string): ReplayEntry => ({
  type: 'data',
  ms,
  exchange,
  kind: 'response',
  bytes: Buffer.from(text),
});
const end = (exchange: number, ms: number): ReplayEntry => ({
  type: 'end',
  ms,
  exchange,
  head: { status: 'ok', result: { status: 200 }, durationMs: 1, recordedBytes: 0, droppedBytes: 0 },
});
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n';
const CLOSED: ReplayEntry = {
  type: 'close',
  ms: 99,
  exchange: 0,
  head: { reason: 'client-closed', exchanges: 1 },
};

async function exported(...entries: readonly ReplayEntry[]): Promise<{ text: string; missing: string }> {
  let text = '';
  const out = new HarExport((piece) => {
    text += piece;
    return Promise.resolve();
  });
  for (const entry of entries) await out.take(entry);
  await out.end();
  return { text, missing: out.missing };
}

describe('HarExport', () => {
  it('puts exchanges together that went on at the same time', async () => {
    const { text, missing } = await exported(
      OPENED,
      begin(1, 1, '/slow'),
      begin(2, 2, '/fast'),
      delivered(1, 3, `${HEAD}slow `),
      delivered(2, 3, `${HEAD}fast`),
      end(2, 4),
      delivered(1, 5, 'as ever'),
      end(1, 6),
      CLOSED,
    );
    expect(missing).toBe('');
    expect(
      readHar(text).log.entries.map(({ request: asked, response }) => [asked.url, response.content.text]),
    ).toEqual([
      ['https://crm.example/fast', 'fast'],
      ['https://crm.example/slow', 'slow as ever'],
    ]);
  });

  it('copies what it is given: readers use their buffers again', async () => {
    const first = delivered(1, 2, `${HEAD}mine`);
    let text = '';
    const out = new HarExport(async (piece) => void (text += piece));
    for (const entry of [OPENED, begin(1, 1, '/a'), first]) await out.take(entry);
    if (first.type === 'data') first.bytes.fill('x');
    await out.take(end(1, 3));
    await out.end();
    expect(readHar(text).log.entries[0]?.response.content.text).toBe('mine');
  });

  it('shows what has no end as what has none: of a live session, and of one that was cut', async () => {
    const live = await exported(OPENED, begin(1, 1, '/a'), delivered(1, 2, `${HEAD}half`));
    expect(live.missing).toBe('1 entry does not show all: the recording does not have the end of the answer');
    const [entry] = readHar(live.text).log.entries;
    expect(entry?.response.content.text).toBeUndefined();
    const cut = await exported(OPENED, begin(1, 1, '/a'), {
      type: 'cut',
      ms: 3,
      exchange: 0,
      head: { tornBytes: 1, tornSha256: '' },
    });
    expect(cut.missing).toBe('the recording was cut');
    expect(readHar(cut.text).log).toMatchObject({ comment: expect.stringContaining('cut'), entries: [{}] });
    const many = await exported(OPENED, begin(1, 1, '/a'), begin(2, 2, '/b'));
    expect(many.missing).toContain('2 entries do not show all');
  });

  it('says that exchanges cannot be read, and shows the others', async () => {
    const broken: ReplayEntry = { type: 'begin', ms: 1, exchange: 1, head: {} };
    const { text, missing } = await exported(OPENED, broken, end(1, 2), begin(2, 3, '/b'), end(2, 4));
    expect(missing).toBe('some exchanges cannot be read');
    expect(readHar(text).log.entries).toHaveLength(1);
  });

  it('refuses sessions of other protocols, and writes nothing of them', async () => {
    await expect(exported({ ...OPENED, head: { ...OPENED.head, protocol: 'postgres' } })).rejects.toThrow(
      '`--har` is for sessions of HTTP, and this one is of postgres',
    );
    await expect(exported({ ...OPENED, head: {} })).rejects.toThrow('does not say whose it is');
  });

  it('P10: is an archive whatever is on record', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        HEAD,
        'HTTP/1.1 200 OK\r\ncontent-type:\r\ncontent-length: x\r\ncontent-encoding: gzip\r\n\r\n',
        'HTTP/1.1 999 X\r\n\r\n',
        'HTTP/1.1 101 X\r\n\r\n',
        '\u0081\u0003',
        'GET /\u0000 HTTP/1.1\r\n:\r\n\r\n',
      ),
      fc.string({ maxLength: 40 }),
    );
    const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<never>;
    const head = fc.oneof(
      fc.dictionary(
        fc.constantFrom('text', 'host', 'bodyBytes', 'contentType', 'unread', 'message', 'hints'),
        json,
      ),
      fc.record({
        text: fc.constantFrom('GET /a?b=%', 'message to /a', 'POST', 'GET http://x/'),
        host: fc.string(),
      }),
    );
    const entry = fc.oneof(
      head.map(
        (asked): ReplayEntry => ({
          type: 'begin',
          ms: 1,
          exchange: 1,
          head: request('ses_1', 1, { request: asked }),
        }),
      ),
      fc.tuple(piece, fc.constantFrom('request', 'response', 'context')).map(
        ([text, kind]): ReplayEntry => ({
          type: 'data',
          ms: 2,
          exchange: 1,
          kind: kind as 'request',
          bytes: Buffer.from(text, 'latin1'),
        }),
      ),
      fc.constant(end(1, 3)),
      fc
        .dictionary(fc.constantFrom('name', 'details', 'status', 'result'), json)
        .map((more): ReplayEntry => ({ type: 'note', ms: 2, exchange: 1, head: more })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 12 }), async (entries) => {
        const { text } = await exported(OPENED, ...entries);
        expect(() => readHar(text)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
