import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  AuditList,
  framesOf,
  memorySource,
  silentLog,
  temporaryFolder,
} from '../../test/recording/recording-fixture.ts';
import { linesUntilKilled } from '../../test/support/killed-child.ts';
import { checkRecording, type Extent } from './check-recording.ts';
import { listDays, listSessions, recordingLayout, recordingPath } from './layout.ts';
import { diskFiles } from './recording-files.ts';
import { recoverRecordings } from './recover-recordings.ts';

const ROUNDS = 12;
const CHILD = join(import.meta.dirname, '../../test/recording/record-until-killed-child.ts');

/** Runs a recorder until its audit was told `count` times, kills it, and answers what the audit was told. */
function killAfter(folder: string, round: number, count: number): Promise<readonly string[]> {
  return linesUntilKilled([CHILD, folder, String(round)], count);
}

describe('kill -9', () => {
  it(`P4: loses nothing that the audit was told of, in ${ROUNDS} rounds, and every recording can be read`, {
    timeout: 240_000,
  }, async () => {
    const folder = temporaryFolder();
    const told = new Map<string, Extent[]>();
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const line of await killAfter(folder, round, 1 + ((round * 53) % 97))) {
        const [, session = '', bytes = '', chain = ''] = line.split(' ');
        told.set(session, [...(told.get(session) ?? []), { bytes: Number(bytes), chain }]);
      }
    }
    const layout = recordingLayout(folder);
    const audit = new AuditList();
    await recoverRecordings({ layout, files: diskFiles, audit, log: silentLog });
    expect(readdirSync(layout.openFolder)).toEqual([]);
    const found = new Set<string>();
    const ends = { close: 0, cut: 0 };
    for (const day of listDays(layout)) {
      for (const session of listSessions(layout, day)) {
        found.add(session);
        const bytes = readFileSync(recordingPath(layout, { day, session }));
        const report = await checkRecording(memorySource(bytes), told.get(session));
        expect(report, session).toMatchObject({ ok: true, session, findings: [] });
        ends[report.end ?? 'cut'] += 1;
        expect((await framesOf(bytes)).at(-1)?.end).toBe(bytes.length);
      }
    }
    expect([...told.keys()].filter((session) => !found.has(session))).toEqual([]);
    expect(ends.cut).toBeGreaterThan(ROUNDS);
    expect(ends.close).toBeGreaterThan(ROUNDS);
  });
});
