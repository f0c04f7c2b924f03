/**
 * Version 1 of the form, as a file that never changes: what was written once is read ever after. `UPDATE_GOLDEN=1` writes
 * it, which is right only before a version has shipped.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkRecording } from '../../../src/recording/check-recording.ts';
import {
  type AuditList,
  createRecorder,
  framesOf,
  memorySource,
  request,
  session,
} from '../../recording/recording-fixture.ts';

const FILE = join(import.meta.dirname, 'version-1.rec');
const ROWS = Buffer.from('D\0\0\0\x0a\0\x01\0\0\0\0C\0\0\0\x0dSELECT 1\0', 'latin1');

/** Everything that the form knows but a cut. */
async function write(): Promise<{ readonly bytes: Buffer; readonly audit: AuditList }> {
  const { recorder, pathOf, audit } = createRecorder({ plan: { resultBytes: 20, requestBytes: 1024 } });
  const recording = recorder.open(session('ses_golden'));
  const first = recording.begin(request('ses_golden', 1));
  recording.data(first, ROWS, 0, 11, 'context');
  recording.data(first, ROWS, 0, ROWS.length);
  recording.end(first, {
    status: 'ok',
    result: { tag: 'SELECT 1', rows: 1 },
    durationMs: 7,
    masked: { note: 'partial' },
  });
  recording.flush();
  const second = recording.begin(
    request('ses_golden', 2, { request: { text: 'ä'.repeat(2000) }, effect: 'deny', rules: [] }),
  );
  recording.data(second, ROWS, 0, 5, 'request');
  recording.note(second, 'approval', { by: 'dba' });
  recording.end(second, { status: 'refused', result: {}, durationMs: 0 });
  await recording.close('client left');
  await recorder.close();
  return { bytes: readFileSync(pathOf('ses_golden')), audit };
}

describe('the form of recordings', () => {
  it('is what it was', async () => {
    const { bytes, audit } = await write();
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(FILE, bytes);
    const golden = readFileSync(FILE);
    expect(bytes.equals(golden)).toBe(true);
    expect(await checkRecording(memorySource(golden), audit.of('recording.closed'))).toMatchObject({
      ok: true,
      end: 'close',
    });
  });

  it('is read as it was', async () => {
    const frames = await framesOf(readFileSync(FILE));
    const shape = frames.map(
      ({ type, flags, exchange, length }) => `${type}.${flags} #${exchange} ${length}`,
    );
    expect(shape).toMatchInlineSnapshot(`
      [
        "1.0 #0 508",
        "2.0 #1 225",
        "3.2 #1 11",
        "3.0 #1 9",
        "6.0 #1 32",
        "4.0 #1 132",
        "127.0 #0 32",
        "2.0 #2 828",
        "3.1 #2 5",
        "5.0 #2 42",
        "4.0 #2 82",
        "7.0 #0 38",
        "127.0 #0 32",
      ]
    `);
    const cut = JSON.parse(
      String(frames.find(({ type, exchange }) => type === 2 && exchange === 2)?.payload),
    );
    expect(cut.omitted).toMatchObject([{ path: 'text', bytes: 4000 }]);
  });
});
