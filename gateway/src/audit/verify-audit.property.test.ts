import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type EditableLog,
  lineAt,
  makeLog,
  type Position,
  positionsOf,
  readLog,
  rechain,
  rehash,
  seqOf,
  setLine,
  writeLog,
} from '../../test/audit/tampered-log.ts';
import type { AuditReport, Finding } from './audit-report.ts';
import { verifyAudit } from './verify-audit.ts';

let log: EditableLog;
let positions: readonly Position[];

beforeAll(async () => {
  log = readLog(await makeLog());
  positions = positionsOf(log);
});

function copyOfLog(): EditableLog {
  return { ...log, segments: log.segments.map((lines) => [...lines]), checkpoints: [...log.checkpoints] };
}

async function verifyEdited(edit: (copy: EditableLog) => void): Promise<AuditReport> {
  const copy = copyOfLog();
  edit(copy);
  return verifyAudit(writeLog(copy));
}

const anyRecord = fc.integer({ min: 0, max: 1_000_000 }).map((n) => n % positions.length);
const RUNS = { numRuns: 25 };

function at(index: number): Position {
  return positions[index] ?? { segment: 0, line: 0 };
}

function fileOf({ segment }: Position): string {
  return `${String(segment + 1).padStart(8, '0')}.jsonl`;
}

function place(index: number): Partial<Finding> {
  const position = at(index);
  return { file: fileOf(position), line: position.line + 1 };
}

describe('audit verify', () => {
  it('finds nothing in a log that nobody touched', async () => {
    const report = await verifyEdited(() => {});
    expect(report).toMatchObject({ ok: true, findings: [], closed: true, records: positions.length });
    expect(log.segments.length).toBeGreaterThan(3);
  });

  it('names any record in which a byte was changed', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRecord,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (index, where, change) => {
          const line = Buffer.from(lineAt(log, at(index)));
          const offset = where % line.length;
          line[offset] = (line[offset] ?? 0) ^ change;
          // A new line end makes two lines of one, which is another test.
          fc.pre(line[offset] !== 0x0a);
          const report = await verifyEdited((copy) => setLine(copy, at(index), line.toString('latin1')));
          expect(report.ok).toBe(false);
          expect(report.findings[0]).toMatchObject({ ...place(index), seq: index + 1 });
          expect(['changed', 'malformed']).toContain(report.findings[0]?.kind);
        },
      ),
      RUNS,
    );
  });

  it('names a record that was changed and hashed again', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecord, async (index) => {
        fc.pre(index < positions.length - 1);
        const edited = rehash(lineAt(log, at(index)).replace(/"event":\{/, '"event":{"x":1,'));
        const report = await verifyEdited((copy) => setLine(copy, at(index), edited));
        expect(report.ok).toBe(false);
        expect(report.findings).toContainEqual(
          expect.objectContaining({ kind: 'changed', ...place(index), seq: index + 1 }),
        );
      }),
      RUNS,
    );
  });

  it('names the records that were removed', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecord, fc.integer({ min: 1, max: 4 }), async (index, wanted) => {
        const { segment, line } = at(index);
        const inSegment = log.segments[segment]?.length ?? 0;
        const count = Math.min(wanted, inSegment - line);
        fc.pre(index + count < positions.length && count < inSegment);
        const report = await verifyEdited((copy) => copy.segments[segment]?.splice(line, count));
        const what =
          count === 1
            ? `record ${index + 1} is missing`
            : `records ${index + 1} to ${index + count} are missing`;
        expect(report.findings).toContainEqual(
          expect.objectContaining({
            kind: 'removed',
            seq: index + 1,
            message: expect.stringContaining(what),
          }),
        );
      }),
      RUNS,
    );
  });

  it('names a record that was moved', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecord, fc.integer({ min: 1, max: 5 }), async (index, by) => {
        const { segment, line } = at(index);
        const lines = log.segments[segment] ?? [];
        fc.pre(line + by < lines.length);
        const report = await verifyEdited((copy) => {
          const [moved = ''] = copy.segments[segment]?.splice(line, 1) ?? [];
          copy.segments[segment]?.splice(line + by, 0, moved);
        });
        expect(report.findings).toContainEqual(
          expect.objectContaining({
            kind: 'reordered',
            seq: index + 1,
            file: fileOf(at(index)),
            line: line + by + 1,
          }),
        );
      }),
      RUNS,
    );
  });

  it('names a record that was inserted: a copy of another one, or one made up', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecord, anyRecord, fc.boolean(), async (source, target, madeUp) => {
        fc.pre(source < target || madeUp);
        const { segment, line } = at(target);
        const text = madeUp
          ? rehash(lineAt(log, at(target)).replace(/"at":"20\d\d/, '"at":"1999'))
          : lineAt(log, at(source));
        const report = await verifyEdited((copy) => copy.segments[segment]?.splice(line, 0, text));
        expect(report.ok).toBe(false);
        if (madeUp) return;
        expect(report.findings).toContainEqual(
          expect.objectContaining({
            kind: 'inserted',
            file: fileOf(at(target)),
            line: line + 1,
            seq: source + 1,
          }),
        );
      }),
      RUNS,
    );
  });

  it('finds a cut of the end as far as the last checkpoint, by any number of records', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecord, async (index) => {
        fc.pre(index > 0);
        const report = await verifyEdited((copy) => {
          const { segment, line } = at(index);
          copy.segments.splice(segment + 1);
          copy.segments[segment]?.splice(line);
        });
        const { segment, line } = at(index - 1);
        expect(report.findings).toContainEqual(
          expect.objectContaining({
            kind: 'cut',
            file: fileOf({ segment, line }),
            line: line + 1,
            seq: index,
          }),
        );
        expect(report.closed).toBe(false);
      }),
      RUNS,
    );
  });

  it('names a segment that was removed', async () => {
    for (let segment = 0; segment < log.segments.length; segment += 1) {
      const report = await verifyEdited((copy) => copy.segments.splice(segment, 1, []));
      expect(report.ok).toBe(false);
      const isLast = segment === log.segments.length - 1;
      expect(report.findings).toContainEqual(
        isLast
          ? expect.objectContaining({ kind: 'cut' })
          : expect.objectContaining({
              kind: 'segment',
              file: fileOf({ segment, line: 0 }),
              message: `segment ${segment + 1} is missing`,
            }),
      );
    }
  });

  it('finds two segments that changed places', async () => {
    const report = await verifyEdited((copy) => {
      const [second = [], third = []] = copy.segments.splice(1, 2);
      copy.segments.splice(1, 0, third, second);
    });
    expect(report.findings).toContainEqual(
      expect.objectContaining({ kind: 'segment', file: '00000002.jsonl', line: 1 }),
    );
    expect(report.findings).toContainEqual(
      expect.objectContaining({ kind: 'reordered', file: '00000003.jsonl' }),
    );
  });

  it('finds a rewrite of the whole chain by the signature of the next checkpoint', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecord, fc.constantFrom('change', 'remove', 'swap'), async (index, how) => {
        const { segment, line } = at(index);
        const text = lineAt(log, at(index));
        // Somebody without the key cannot have written a checkpoint or the beginning of a segment.
        fc.pre(text.includes('"type":"exchange.intent"'));
        const report = await verifyEdited((copy) => {
          if (how === 'change') setLine(copy, at(index), text.replace('SELECT', 'DELETE'));
          if (how === 'remove') copy.segments[segment]?.splice(line, 1);
          if (how === 'swap') copy.segments[segment]?.splice(line, 0, text);
          const position = positionsOf(copy).findIndex((p) => p.segment === segment && p.line === line);
          if (how === 'change') setLine(copy, at(index), rehash(lineAt(copy, at(index))));
          rechain(copy, how === 'change' ? position + 1 : position);
        });
        expect(report.ok).toBe(false);
        if (how === 'change') {
          const rewritten = expect.stringContaining('the log was rewritten');
          expect(report.findings).toContainEqual(
            expect.objectContaining({ kind: 'checkpoint', message: rewritten }),
          );
        }
        const signed = report.findings.find(({ kind }) => kind === 'signature');
        expect(signed?.message).toContain('may have been rewritten');
      }),
      RUNS,
    );
  });

  it('finds a segment of another log, and one that does not begin with a checkpoint', async () => {
    const foreign = await verifyEdited((copy) => {
      const first = { segment: 2, line: 0 };
      setLine(copy, first, lineAt(copy, first).replace(/"log":"[^"]+"/, '"log":"another"'));
      rechain(
        copy,
        positionsOf(copy).findIndex(({ segment }) => segment === 2),
      );
    });
    const message = expect.stringContaining('belongs to log another');
    expect(foreign.findings).toContainEqual(expect.objectContaining({ kind: 'segment', line: 1, message }));
    const unsigned = await verifyEdited((copy) => {
      copy.segments[2]?.splice(1, 1);
      rechain(
        copy,
        positionsOf(copy).findIndex(({ segment }) => segment === 2),
      );
    });
    expect(unsigned.findings).toContainEqual(
      expect.objectContaining({ kind: 'unsigned', file: '00000003.jsonl', line: 2 }),
    );
  });

  it('finds checkpoints that were taken out so that no signature stands in the way of a rewrite', async () => {
    const report = await verifyEdited((copy) => {
      copy.checkpoints = [];
      for (const lines of copy.segments) {
        const kept = lines.filter((line) => !line.includes('"audit.checkpoint"'));
        lines.splice(0, lines.length, ...kept);
      }
      rechain(copy, 1);
    });
    expect(report.findings.map(({ kind }) => kind)).toContain('unsigned');
    expect(report.signedTo).toBe(0);
  });

  it('finds a checkpoint that was taken out of checkpoints.jsonl, and one that was changed there', async () => {
    for (let index = 0; index < log.checkpoints.length; index += 1) {
      const removed = await verifyEdited((copy) => copy.checkpoints.splice(index, 1));
      const isLast = index === log.checkpoints.length - 1;
      // The copy of the last one could have been kept off the disk by a crash.
      if (!isLast)
        expect(removed.findings).toContainEqual(
          expect.objectContaining({ kind: 'checkpoint', file: 'checkpoints.jsonl' }),
        );
      const changed = await verifyEdited((copy) =>
        copy.checkpoints.splice(index, 1, copy.checkpoints[index]?.replace('"at":"2026', '"at":"2027') ?? ''),
      );
      expect(changed.findings).toContainEqual(
        expect.objectContaining({ kind: 'checkpoint', line: index + 1 }),
      );
    }
    const gone = await verifyEdited((copy) => {
      copy.checkpoints = [];
    });
    expect(gone.findings).toContainEqual(expect.objectContaining({ kind: 'checkpoint' }));
  });

  it('finds a cut that took the end of checkpoints.jsonl along, with an anchor that was kept elsewhere', async () => {
    const anchor = { seq: positions.length, hash: lineAt(log, at(positions.length - 1)).slice(-66, -2) };
    expect((await verifyAudit(writeLog(log), { anchor })).ok).toBe(true);
    await fc.assert(
      fc.asyncProperty(anyRecord, async (index) => {
        fc.pre(index > 0);
        const copy = copyOfLog();
        const { segment, line } = at(index);
        copy.segments.splice(segment + 1);
        copy.segments[segment]?.splice(line);
        copy.checkpoints = copy.checkpoints.filter((text) => seqOf(text) <= index);
        const folder = writeLog(copy);
        const report = await verifyAudit(folder, { anchor });
        expect(report.findings).toContainEqual(expect.objectContaining({ kind: 'anchor', seq: anchor.seq }));
        // Without the anchor such a cut cannot be told from a crash: the report says so instead of finding it.
        const alone = await verifyAudit(folder);
        if (alone.ok) expect(alone.notes.join()).toContain('only an anchor kept elsewhere can tell');
      }),
      RUNS,
    );
  });

  it('finds an anchor that names another record', async () => {
    const report = await verifyAudit(writeLog(log), { anchor: { seq: 7, hash: 'f'.repeat(64) } });
    expect(report.findings).toEqual([
      expect.objectContaining({ kind: 'anchor', seq: 7, file: '00000001.jsonl', line: 7 }),
    ]);
  });

  it('never takes any manipulation of bytes for a good log', async () => {
    const whole = log.segments.map((lines) => `${lines.join('\n')}\n`);
    await fc.assert(
      fc.asyncProperty(
        anyRecord,
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 4 }),
        fc.nat(3),
        async (index, where, bytes, removed) => {
          const { segment } = at(index);
          const before = Buffer.from(whole[segment] ?? '');
          const offset = where % before.length;
          const after = Buffer.concat([before.subarray(0, offset), bytes, before.subarray(offset + removed)]);
          fc.pre(!after.equals(before));
          const report = await verifyEdited((copy) => {
            const lines = after.toString('latin1').replace(/\n$/, '').split('\n');
            copy.segments.splice(segment, 1, lines);
          });
          expect(report.ok).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });
});
