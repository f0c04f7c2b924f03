import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { denialText } from '../../../../enforcement/denial-text.ts';
import type { DenyDecision } from '../../../../model/decision.ts';
import { denialOf } from '../../refusal.ts';
import { HarArchive } from './har-archive.ts';
import { statusOfRefusal } from './har-response.ts';
import { entryOf, exchange, type Given, JSON_HEAD, SESSION } from './testing/recorded.ts';

describe('requests', () => {
  it('have their URL with the query that is on record, and their headers', async () => {
    const { entry } = await entryOf({ text: 'GET /a/%C3%A9?q=x%20y&api_key=__secret__&flag' });
    expect(entry.request).toMatchObject({
      method: 'GET',
      url: 'https://crm.example/a/%C3%A9?q=x%20y&api_key=__secret__&flag',
      httpVersion: 'HTTP/1.1',
      headers: [{ name: 'accept', value: '*/*' }],
      queryString: [
        { name: 'q', value: 'x y' },
        { name: 'api_key', value: '__secret__' },
        { name: 'flag', value: '' },
      ],
      bodySize: 0,
    });
    expect(entry.startedDateTime).toBe('2026-11-26T12:00:00.100Z');
    expect(entry.time).toBe(60);
    expect(entry.timings).toMatchObject({ send: 2, wait: 28, receive: 30 });
  });

  it('are http: where the client came without TLS', async () => {
    const details = { protocol: 'HTTP/1.1', tls: 'none' };
    expect((await entryOf({}, { ...SESSION, details })).entry.request['url']).toBe('http://crm.example/a');
  });

  it('show a body that is whole, and keep what is no text out of it', async () => {
    const head = 'POST /a HTTP/1.1\r\ncontent-type: application/json\r\n\r\n';
    const asked = { contentType: 'application/json', bodyBytes: 7 };
    const text = 'POST /a';
    const { entry, missing } = await entryOf({ text, asked, sent: [head, '{"a":', '1}'] });
    expect(entry.request['postData']).toEqual({ mimeType: 'application/json', text: '{"a":1}' });
    expect(missing).toBeUndefined();
    const binary = Buffer.from([0xff, 0xfe, 0, 1, 2, 3, 4]);
    const other = await entryOf({ text, asked, sent: [head, binary] });
    expect(other.entry.request['postData']).toMatchObject({
      _sallyport: { part: binary.toString('base64') },
    });
    expect(other.entry.request['postData']).not.toHaveProperty('text');
  });

  it.each([
    ['fewer bytes than were sent', { bodyBytes: 100 }],
    ['bytes of which nobody knows how many there were', { bodyBytes: 'more than 5' }],
  ])('never show %s as a body', async (_, asked) => {
    const sent = ['POST /a HTTP/1.1\r\n\r\n', 'a=1&b'];
    const { entry, missing } = await entryOf({ text: 'POST /a', asked, sent });
    expect(entry.request['postData']).not.toHaveProperty('text');
    expect(entry.request['postData']).toMatchObject({ _sallyport: { isWhole: false, part: 'a=1&b' } });
    expect(missing).toContain('request body');
  });
});

describe('responses', () => {
  it('show text, JSON and binary bodies', async () => {
    const { entry, missing } = await entryOf();
    expect(entry.response).toMatchObject({ status: 200, statusText: 'OK', redirectURL: '', bodySize: 2 });
    expect(entry.response.content).toEqual({ size: 2, mimeType: 'application/json', text: '{}' });
    expect(missing).toBeUndefined();
    const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47]);
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 4\r\n\r\n';
    expect((await entryOf({ delivered: [head, picture] })).entry.response.content).toEqual({
      size: 4,
      mimeType: 'image/png',
      text: 'iVBORw==',
      encoding: 'base64',
    });
    const latin = [
      'HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=latin1\r\ncontent-length: 1\r\n\r\n',
      '\xe9',
    ];
    expect((await entryOf({ delivered: latin })).entry.response.content).toMatchObject({
      encoding: 'base64',
    });
  });

  it('are without their codings, as archives have them', async () => {
    const text = JSON.stringify({ name: 'Zoë', pad: 'x'.repeat(500) });
    const body = brotliCompressSync(gzipSync(text));
    const head = `${JSON_HEAD}content-encoding: gzip, br\r\ncontent-length: ${body.length}\r\n\r\n`;
    const { entry } = await entryOf({ delivered: [head, body] });
    const size = Buffer.byteLength(text);
    expect(entry.response.content).toEqual({
      size,
      compression: size - body.length,
      mimeType: 'application/json',
      text,
    });
    expect(entry.response['bodySize']).toBe(body.length);
  });

  it.each([
    ['a coding that nobody knows', 'rot13', Buffer.from('abc')],
    ['what is not in its coding', 'gzip', Buffer.from('abc')],
    ['a bomb', 'gzip', gzipSync(Buffer.alloc(33 * 1024 * 1024))],
  ])('P10: %s stays as it is, beside the body', async (_, coding, body) => {
    const head = `${JSON_HEAD}content-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`;
    const { content } = (await entryOf({ delivered: [head, body] })).entry.response;
    expect(content).toMatchObject({ _sallyport: { part: body.toString('base64') } });
    expect(content).not.toHaveProperty('text');
  });

  const part = [`${JSON_HEAD}\r\n`, '{"list":[1,2'];
  it.each<[string, Given]>([
    ['a cap was reached', { delivered: part, outcome: { droppedBytes: 5_000 } }],
    ['the length is another', { delivered: [`${JSON_HEAD}content-length: 99\r\n\r\n`, '{"list":[1,2'] }],
    ['it was cut off', { delivered: part, outcome: { status: 'cancelled' } }],
    ['the service broke off', { delivered: part, outcome: { status: 'error', result: { code: 'ERR_X' } } }],
    ['the recording ends there', { delivered: part, outcome: null }],
    ['its end is not known', { delivered: part, outcome: { status: 'unknown' } }],
    [
      'not all of it was read',
      { more: { delivered: { pieces: [{ ms: 1, bytes: Buffer.from(part.join('')) }], isCut: true } } },
    ],
  ])('never show a part as the whole: %s', async (_, given) => {
    const { entry, missing } = await entryOf(given);
    const { content } = entry.response;
    expect(content).not.toHaveProperty('text');
    expect(content).toMatchObject({ _sallyport: { isWhole: false, part: '{"list":[1,2' } });
    expect(content['comment']).toBe(missing);
    expect(entry.comment).toBe(missing);
    expect(entry.response['bodySize']).toBe(-1);
    expect(missing).toMatch(/\w/);
  });

  it('have no body where HTTP has none', async () => {
    const head = `${JSON_HEAD}content-length: 99\r\n\r\n`;
    expect((await entryOf({ text: 'HEAD /a', delivered: [head] })).missing).toBeUndefined();
    const moved = ['HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\n\r\n'];
    expect((await entryOf({ delivered: moved })).missing).toBeUndefined();
  });

  it('say why there is none', async () => {
    const none = await entryOf({ delivered: [], outcome: { status: 'error', result: { code: 'ERR_X' } } });
    expect(none.entry.response).toMatchObject({
      status: 0,
      _error: 'ERR_X',
      comment: 'no answer is on record (error)',
    });
    expect((await entryOf({ delivered: [], outcome: null })).missing).toContain('the end of it');
    const silent = await entryOf(
      { delivered: [], sent: [], outcome: { droppedBytes: 9 } },
      { ...SESSION, results: false },
    );
    expect(silent.missing).toBe('answers are not recorded');
    expect(silent.entry.response['status']).toBe(200);
  });
});

describe('denials', () => {
  const denied: Given = {
    text: 'DELETE /customers/7',
    sent: [],
    delivered: [],
    request: { effect: 'deny', cause: 'rule', rules: ['nothing-is-deleted'], decision: 'dec_1' },
    outcome: { status: 'refused', result: { message: 'POLICY_DENIED [dec_1] no.' }, endedMs: 100 },
  };

  it('are answers of the gateway, with the decision', async () => {
    const { entry, missing } = await entryOf(denied);
    expect(missing).toBeUndefined();
    expect(entry.response).toMatchObject({ status: 403, comment: expect.stringContaining('by the gateway') });
    expect(JSON.parse(String(entry.response.content['text']))).toEqual({
      status: 403,
      detail: 'POLICY_DENIED [dec_1] no.',
      code: 'POLICY_DENIED',
      decision: 'dec_1',
      cause: 'rule',
      rules: ['nothing-is-deleted'],
    });
    expect(entry.request).toMatchObject({ url: 'https://crm.example/customers/7', headers: [] });
    expect(entry._sallyport).toMatchObject({ effect: 'deny', rules: ['nothing-is-deleted'], cause: 'rule' });
    const body = await entryOf({
      ...denied,
      text: 'POST /a',
      asked: { bodyBytes: 12, contentType: 'text/plain' },
    });
    expect(body.entry.request).toMatchObject({ bodySize: 12, postData: { mimeType: 'text/plain' } });
    expect(body.entry.request['postData']).not.toHaveProperty('text');
  });

  it('of requests that could not be read have what there is', async () => {
    const { entry } = await entryOf({
      ...denied,
      text: 'GET',
      asked: { unread: 'a path above the root', host: '' },
    });
    expect(entry.request['comment']).toContain('a path above the root');
  });

  it.each<[string, Partial<DenyDecision>]>([
    ['a rule', { cause: 'rule' }],
    ['a limit in time', { cause: 'limit', retryAfterMs: 7_000 }],
    ['a limit for good', { cause: 'limit' }],
    [
      'people that were asked',
      { cause: 'approval', approval: { id: 'apr_1', state: 'pending', remainingMs: 9_000 } as never },
    ],
  ])('have the status that was sent: for %s', (_, more) => {
    const decision: DenyDecision = {
      effect: 'deny',
      cause: 'rule',
      rules: ['r'],
      subject: 'GET /a',
      alternatives: [],
      observed: [],
      policy: { hash: 'a' },
      ...more,
    };
    const { message } = denialText('dec_1', decision, { family: 'http' });
    expect(statusOfRefusal(decision.cause, message)).toBe(denialOf({ id: 'dec_1', decision }).status);
  });
});

it('P10: is made of whatever is on record', async () => {
  const piece = fc.record({
    ms: fc.nat(),
    bytes: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  });
  const direction = fc.record({ pieces: fc.array(piece, { maxLength: 4 }), isCut: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      direction,
      direction,
      fc.json(),
      fc.constantFrom('permit', 'deny'),
      async (sent, delivered, text, effect) => {
        const value: unknown = JSON.parse(text);
        const asked = {
          text,
          host: text,
          bodyBytes: value,
          contentType: value,
          message: 'text',
          unread: value,
        } as never;
        const more = { sent, delivered };
        const archive = new HarArchive(SESSION);
        for (const given of [
          { asked, more },
          { text: 'GET /a', more },
        ]) {
          const made = await archive.add(exchange({ ...given, request: { effect: effect as 'permit' } }));
          if (made !== undefined) expect(() => JSON.stringify(made.entry)).not.toThrow();
        }
        archive.end();
      },
    ),
  );
});
