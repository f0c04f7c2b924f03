/** The disk of the recordings is full for real: a small tmpfs. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkRecording } from '../../../src/recording/check-recording.ts';
import { recordingLayout } from '../../../src/recording/layout.ts';
import { diskFiles } from '../../../src/recording/recording-files.ts';
import { recoverRecordings } from '../../../src/recording/recover-recordings.ts';
import { createRecorder, memorySource, silentLog } from '../../recording/recording-fixture.ts';
import { request, session } from '../../recording/session-data.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const CHUNK = Buffer.alloc(64 * 1024, 'row ');

describe('a recording on a full disk', () => {
  it('P4: stops the result with a clear error, keeps what was whole, and is closed at the next start', async (context) => {
    using folder = createTemporaryFolder('recording-full');
    const dataDir = path.join(folder.path, 'small');
    mkdirSync(dataDir);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'sallyport-test', dataDir], { stdio: 'pipe' });
    } catch {
      context.skip('a small tmpfs can be mounted by root only');
    }
    try {
      const { recorder, audit, pathOf } = createRecorder({}, dataDir);
      const errors: string[] = [];
      const streaming = recorder.open(session('ses_stream'), (error) => errors.push(error.code));
      const other = recorder.open(session('ses_other'));
      other.begin(request('ses_other', 1));
      other.flush();
      const exchange = streaming.begin(request('ses_stream', 1));
      let delivered = 0;
      while (streaming.failed === undefined && delivered < 64 * CHUNK.length * 4) {
        if (!streaming.data(exchange, CHUNK, 0, CHUNK.length)) await streaming.whenDrained();
        else delivered += CHUNK.length;
      }
      expect(errors).toEqual(['ERR_RECORDING_UNWRITABLE']);
      // What was delivered and not recorded is at most what may wait in memory.
      const [failed] = audit.of('recording.failed');
      expect(delivered - (failed?.bytes ?? 0)).toBeLessThan(2 * 1024 * 1024);
      await streaming.close('the recording failed');
      const told = [...audit.of('recording.mark'), ...audit.of('recording.failed')].filter(
        (event) => event.session === 'ses_stream',
      );
      const bytes = readFileSync(pathOf('ses_stream'));
      expect(await checkRecording(memorySource(bytes), told)).toMatchObject({
        ok: true,
        sealedTo: bytes.length,
      });
      // The cut made room: the others go on.
      await other.close('client left');
      expect(audit.of('recording.closed')).toMatchObject([{ session: 'ses_other', reason: 'ended' }]);
      await recoverRecordings({ layout: recordingLayout(dataDir), files: diskFiles, audit, log: silentLog });
      expect(audit.of('recording.closed').at(-1)).toMatchObject({ session: 'ses_stream', reason: 'cut' });
      await recorder.close();
    } finally {
      execFileSync('umount', ['--lazy', dataDir], { stdio: 'pipe' });
    }
  });
});
