import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHUNK_END, encodeChunkedEnd, encodeChunkStart } from './encode/encode-chunk.ts';
import { encodeRequestHead } from './encode/encode-request.ts';
import { encodeResponseHead } from './encode/encode-response.ts';
import { HeadFields } from './encode/head-fields.ts';
import { WireError } from './errors.ts';
import type { FieldBlock } from './fields/field-block.ts';
import type { HeadLimits } from './limits.ts';
import { cut, latin1, type Reading, readRequests, readResponse } from './testing/read-messages.ts';

const LIMITS: HeadLimits = { headBytes: 300, targetBytes: 60, fields: 8, nameBytes: 20, underscores: false };

const pick = (characters: string, maxLength: number, minLength = 0): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...characters), { minLength, maxLength }).map((parts) => parts.join(''));

const pairs = fc.array(
  fc.tuple(
    pick('abcXYZ0-', 8).map((name) => `x-${name}`),
    pick('abc ,;="\xe9\t', 12).map((value) => value.trim()),
  ),
  { maxLength: 5 },
);
const body = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 4 });
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'M-SEARCH'),
  target: pick('ab/.?=&;@:', 20).map((rest) => `/${rest}`),
  pairs,
  body,
  framing: fc.constantFrom('length', 'chunked'),
  trailers: pairs,
});
const cuts = fc.array(fc.nat({ max: 3000 }), { maxLength: 30 });

type Request = typeof request extends fc.Arbitrary<infer Value> ? Value : never;

function fieldsOf(list: readonly (readonly [string, string])[]): HeadFields {
  const fields = new HeadFields();
  for (const [name, value] of list) fields.add(name, value);
  return fields;
}

function encodeBody(sent: Request): Buffer[] {
  const parts = sent.body.map((part) => Buffer.from(part));
  if (sent.framing === 'length') return parts;
  return [
    ...parts.flatMap((part) => [encodeChunkStart(part.length), part, CHUNK_END]),
    encodeChunkedEnd(fieldsOf(sent.trailers)),
  ];
}

function encodeRequest(sent: Request): Buffer {
  const length = sent.body.reduce((sum, part) => sum + part.length, 0);
  const head = encodeRequestHead({
    method: sent.method,
    target: sent.target,
    host: 'a',
    fields: fieldsOf(sent.pairs),
    framing: sent.framing === 'length' ? { kind: 'length', length } : { kind: 'chunked' },
  });
  return Buffer.concat([head, ...encodeBody(sent)]);
}

/** What a reading says, without objects whose identity does not matter. */
function toValue({ messages, failure }: Reading<{ readonly fields: FieldBlock }>): unknown {
  const code = failure instanceof WireError ? [failure.code, failure.offset, failure.status] : failure;
  return [messages.map((message) => ({ ...message, head: message.head.fields.pairs() })), code];
}

describe('HTTP/1 codec, any input', () => {
  it('P2: what is encoded is read again, in any chunking, pipelined', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 4 }), cuts, (sent, places) => {
        const stream = Buffer.concat(sent.map(encodeRequest));
        const { messages, failure } = readRequests(cut(stream, places));
        expect(failure).toBeUndefined();
        expect(messages.map(({ head }) => [head.method, head.target.raw])).toEqual(
          sent.map(({ method, target }) => [method, target]),
        );
        messages.forEach((message, index) => {
          const expected = sent[index];
          expect(message.head.fields.pairs().slice(1, -1)).toEqual(expected?.pairs);
          expect(message.body).toBe(Buffer.concat(expected?.body ?? []).toString('latin1'));
          expect(message.trailers).toEqual(expected?.framing === 'chunked' ? expected.trailers : []);
          expect(message.isWhole).toBe(true);
        });
      }),
    );
  });

  it('P2: encoded responses are read again, in any chunking', () => {
    const statuses = fc.constantFrom(200, 204, 206, 304, 403, 404, 500);
    fc.assert(
      fc.property(request, statuses, fc.constantFrom(0, 1), cuts, (sent, status, minor, places) => {
        const length = sent.body.reduce((sum, part) => sum + part.length, 0);
        const encoded = encodeResponseHead({
          status,
          fields: fieldsOf(sent.pairs),
          request: { method: 'GET', minor: minor === 0 ? 0 : 1 },
          length: sent.framing === 'length' ? length : undefined,
          closes: false,
        });
        const { kind } = encoded.framing;
        const bodyBytes =
          kind === 'none' ? [] : encodeBody({ ...sent, framing: kind === 'chunked' ? kind : 'length' });
        const { messages, failure } = readResponse(cut(Buffer.concat([encoded.bytes, ...bodyBytes]), places));
        expect(failure).toBeUndefined();
        expect(messages).toMatchObject([
          {
            head: { status, framing: { kind } },
            body: kind === 'none' ? '' : Buffer.concat(sent.body).toString('latin1'),
            isWhole: true,
          },
        ]);
      }),
    );
  });

  /** Near-valid streams: valid requests in which some bytes were replaced, doubled or removed. */
  const BYTES = latin1('\r\n\t \0:;,a0_\x7f\xff/#%');
  const damage = fc.record({
    sent: fc.array(request, { minLength: 1, maxLength: 3 }),
    edits: fc.array(
      fc.record({ at: fc.nat({ max: 600 }), byte: fc.constantFrom(...BYTES), removes: fc.nat({ max: 2 }) }),
      { maxLength: 3 },
    ),
  });

  type Damage = typeof damage extends fc.Arbitrary<infer Value> ? Value : never;

  function edited(whole: Buffer, edits: Damage['edits']): Buffer {
    let stream = whole;
    for (const { at, byte, removes } of edits) {
      const place = at % (stream.length + 1);
      stream = Buffer.concat([stream.subarray(0, place), Buffer.of(byte), stream.subarray(place + removes)]);
    }
    return stream;
  }

  const damaged = ({ sent, edits }: Damage): Buffer => edited(Buffer.concat(sent.map(encodeRequest)), edits);

  it('P3: damaged requests mean the same in any chunking, down to the error and its place', () => {
    fc.assert(
      fc.property(damage, cuts, (what, places) => {
        const stream = damaged(what);
        const whole = readRequests([stream], LIMITS);
        expect(toValue(readRequests(cut(stream, places), LIMITS))).toEqual(toValue(whole));
        expect(whole.failure === undefined || whole.failure instanceof WireError).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('P10: damaged responses mean the same in any chunking', () => {
    fc.assert(
      fc.property(damage, cuts, ({ sent, edits }, places) => {
        const body = sent.flatMap((one) => (one.framing === 'chunked' ? encodeBody(one) : [])).slice(0, 4);
        const { bytes } = encodeResponseHead({
          status: 200,
          fields: fieldsOf(sent[0]?.pairs ?? []),
          request: { method: 'GET', minor: 1 },
          length: undefined,
          closes: false,
        });
        const stream = edited(Buffer.concat([bytes, ...body, encodeChunkedEnd()]), edits);
        const whole = readResponse([stream], {}, LIMITS);
        expect(toValue(readResponse(cut(stream, places), {}, LIMITS))).toEqual(toValue(whole));
      }),
      { numRuns: 300 },
    );
  });

  it('P10: random bytes give only a WireError and bounded memory, as requests and as responses', () => {
    const noise = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        fc
          .array(
            fc.constantFrom(
              'GET ',
              '/',
              ' HTTP/1.1',
              '\r\n',
              'Host: a\r\n',
              'a: b',
              '\n',
              'HTTP/1.1 200 ',
              'Transfer-Encoding: chunked\r\n',
              '5\r\n',
              '0\r\n',
            ),
          )
          .map((parts) => latin1(parts.join(''))),
      ),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(noise, (chunks) => {
        for (const reading of [readRequests(chunks, LIMITS), readResponse(chunks, {}, LIMITS)]) {
          expect(reading.failure === undefined || reading.failure instanceof WireError).toBe(true);
          expect(reading.mostRetained).toBeLessThanOrEqual(8192 + LIMITS.headBytes);
        }
      }),
    );
  });
});
