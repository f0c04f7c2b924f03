import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { maskOf } from '../testing/drive.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const BYTES = 400_000;
const MEBIBYTE = 1024 * 1024;
const LONG = 'x'.repeat(BYTES);

function used(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('what is held of an answer', () => {
  it.each<readonly [string, string, string]>([
    ['a string of JSON', 'application/json', `{"a":"${LONG}`],
    ['an event', 'text/event-stream', `data: ${LONG}`],
    ['an event of short lines', 'text/event-stream', 'ab\n'.repeat(BYTES / 25)],
    ['a form', 'application/x-www-form-urlencoded', `a=${LONG}`],
    ['XML', 'application/xml', `<a>${LONG}`],
    ['text', 'text/plain', LONG.slice(0, 60_000)],
    ['the names of CSV', 'text/csv', LONG.slice(0, 60_000)],
  ])('P10: takes its bytes, however small the pieces: %s', async (_name, type, text) => {
    const mask = maskOf([{ detect: ['email'] }]);
    const out: Buffer[] = [];
    mask.head({ status: 200, fields: [['content-type', type]], hasBody: true });
    const before = used();
    for (const byte of Buffer.from(text)) {
      await mask.body(Buffer.of(byte), (bytes) => {
        out.push(bytes);
        return Promise.resolve();
      });
    }
    expect(used() - before).toBeLessThan(8 * MEBIBYTE);
    mask.close();
  });

  it('P10: an event of very many lines is none', async () => {
    const mask = maskOf([{ detect: ['email'] }]);
    mask.head({ status: 200, fields: [['content-type', 'text/event-stream']], hasBody: true });
    const lines = Buffer.from('a\n'.repeat(100_000));
    const sink = (): Promise<void> => Promise.resolve();
    await expect(mask.body(lines, sink)).rejects.toMatchObject({ code: 'ERR_HTTP_MASK_FORMAT' });
  });
});
