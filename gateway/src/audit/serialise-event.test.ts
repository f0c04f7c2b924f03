import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsOf, intent, openLog, recordsOf, temporaryFolder } from '../../test/audit/audit-fixture.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { Batch } from './batch.ts';
import { readRecord } from './record.ts';
import { RecordEncoder } from './record-encoder.ts';
import { serialiseEvent } from './serialise-event.ts';
import { verifyAudit } from './verify-audit.ts';

const LIMIT = 1024 * 1024;

function encoded(event: AuditEvent, limit: number = LIMIT): Buffer {
  const encoder = new RecordEncoder({ seq: 6, hash: '0'.repeat(64) }, Number.NEGATIVE_INFINITY);
  const out = new Batch();
  encoder.open(out, 0);
  out.push(serialiseEvent(event, limit));
  encoder.seal(out, 0);
  return Buffer.from(out.view());
}

describe('a record', () => {
  it('is one line, and holds its event unchanged, whatever its texts', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\n',
        '\r\n',
        '\u2028',
        '\u2029',
        '\u0085',
        '\u007f',
        '\0',
        '"}\n{"seq":7',
        '\ud800',
        '\\u2028',
        '","hash":"',
      ),
    );
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 6 }),
        fc.array(fc.tuple(text, text), { maxLength: 3 }),
        (texts, pairs) => {
          const event = intent(texts[0] ?? '', 1, {
            request: {
              text: texts.join(''),
              parameters: texts,
              ...Object.fromEntries(pairs.map(([k, v]) => [`_${k}`, v])),
            },
          });
          const line = encoded(event);
          const inside = line.subarray(0, line.length - 1);
          expect(inside.toString('utf8')).not.toMatch(/[\n\r\u0085\u007f\u2028\u2029\0]/);
          const record = readRecord(inside);
          expect(record).toMatchObject({ seq: 7, prev: '0'.repeat(64) });
          expect(record?.event).toEqual(event);
        },
      ),
    );
  });

  it('cannot be given another place in the chain by a field of its event', () => {
    const event = { ...intent('ses_a', 1), seq: 99, prev: 'x', hash: 'y', at: 'z' };
    const record = readRecord(encoded(event).subarray(0, -1));
    expect(record).toMatchObject({
      seq: 7,
      prev: '0'.repeat(64),
      at: '1970-01-01T00:00:00.000Z',
      event: { seq: 99 },
    });
  });
});

describe('a record that would be too large', () => {
  it('keeps the beginning of its largest text, and says how long it was and what its digest is', () => {
    const text = `SELECT '${'é'.repeat(LIMIT)}'`;
    const line = encoded(intent('ses_a', 1, { request: { text, steps: ['parse'] } }));
    expect(line.length).toBeLessThan(LIMIT);
    const record = readRecord(line.subarray(0, -1));
    expect(record?.omitted).toEqual([
      { path: 'request.text', bytes: Buffer.byteLength(text), sha256: hash('sha256', text, 'hex') },
    ]);
    expect(record?.event).toMatchObject({ exchange: 'ses_a.1', request: { steps: ['parse'] } });
    const kept = record?.event.type === 'exchange.intent' ? record.event.request['text'] : '';
    expect(String(kept).startsWith(text.slice(0, 1024))).toBe(true);
  });

  it('leaves out a list or a deep value as a whole, with the digest of its JSON', () => {
    const parameters = Array.from({ length: 5000 }, (_, n) => `parameter number ${n}`);
    const record = readRecord(
      encoded(intent('ses_a', 1, { request: { text: 'SELECT', parameters } }), 4000).subarray(0, -1),
    );
    expect(record?.omitted).toEqual([
      {
        path: 'request.parameters',
        bytes: Buffer.byteLength(JSON.stringify(parameters)),
        sha256: hash('sha256', JSON.stringify(parameters), 'hex'),
      },
    ]);
    expect(record?.event).toMatchObject({ request: { text: 'SELECT', parameters: [expect.any(String)] } });
  });

  it('leaves out as many values as it must, and never more than the limit remains', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ maxLength: 20 }),
          fc.oneof(
            fc.string({ maxLength: 5000 }),
            fc.array(fc.string({ maxLength: 400 }), { maxLength: 30 }),
          ),
          { maxKeys: 8 },
        ),
        (request) => {
          const text = serialiseEvent(intent('ses_a', 1, { request }), 4000);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4000);
          if (text.includes('"omitted":[{')) expect(text).toMatch(/"sha256":"[0-9a-f]{64}"/);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('cannot be imitated by a text that looks like the note of an omission', () => {
    const text = '… [omitted, see the record]","omitted":[{"path":"request.text"}]';
    const record = readRecord(encoded(intent('ses_a', 1, { request: { text } })).subarray(0, -1));
    expect(record?.omitted).toBeUndefined();
    expect(record?.event).toMatchObject({ request: { text } });
  });

  it('keeps a name of any length from making it larger', () => {
    const request = { [`k${'x'.repeat(100_000)}`]: 1 };
    const text = serialiseEvent(intent('ses_a', 1, { request }), 4000);
    expect(Buffer.byteLength(text)).toBeLessThan(4000);
    const proto = JSON.parse(`{"__proto__":"${'x'.repeat(5000)}"}`) as never;
    expect(
      JSON.parse(`{"event":${serialiseEvent(intent('ses_a', 1, { request: proto }), 4000)}}`),
    ).toMatchObject({ omitted: [{ bytes: expect.any(Number) }] });
  });

  it('stands in the log like any other', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    await log.append([intent('ses_a', 1, { request: { text: 'x'.repeat(3 * LIMIT) } }), intent('ses_a', 2)]);
    await log.close();
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
    expect((await recordsOf(folder)).filter(({ omitted }) => omitted !== undefined)).toHaveLength(1);
    expect(await eventsOf(folder)).toHaveLength(2);
  });
});
