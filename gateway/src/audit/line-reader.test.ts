import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/audit/audit-fixture.ts';
import { linesOf, readChunks, readLastLine } from './line-reader.ts';

async function read(
  path: string,
  limit?: number,
): Promise<{ lines: string[]; torn: string[]; offsets: number[] }> {
  const lines: string[] = [];
  const torn: string[] = [];
  const offsets: number[] = [];
  for await (const chunk of readChunks(path, limit)) {
    for (const line of linesOf(chunk, lines.length + 1)) {
      if (!line.torn) expect(line.number).toBe(lines.length + 1);
      (line.torn ? torn : lines).push(line.bytes.toString());
      offsets.push(line.offset);
    }
  }
  return { lines, torn, offsets };
}

describe('reading lines', () => {
  it('gives the same lines whatever their length, and what follows the last newline apart', async () => {
    const path = join(temporaryFolder(), 'lines');
    const length = fc.oneof(fc.nat(20), fc.integer({ min: 1_000_000, max: 1_100_000 }));
    await fc.assert(
      fc.asyncProperty(fc.array(length, { maxLength: 6 }), fc.nat(5), async (lengths, rest) => {
        const lines = lengths.map((size, index) => String.fromCharCode(97 + index).repeat(size));
        writeFileSync(path, lines.map((line) => `${line}\n`).join('') + 'z'.repeat(rest));
        const found = await read(path);
        expect(found.lines).toEqual(lines);
        expect(found.torn).toEqual(rest === 0 ? [] : ['z'.repeat(rest)]);
        const end = readLastLine(path);
        expect(end.last?.toString()).toBe(lines.at(-1));
        expect(end.bytes - end.completeBytes).toBe(rest);
      }),
      { numRuns: 30 },
    );
  });

  it('stops at the limit as if the file ended there', async () => {
    const path = join(temporaryFolder(), 'lines');
    writeFileSync(path, 'one\ntwo\nthree\n');
    expect(await read(path, 8)).toEqual({ lines: ['one', 'two'], torn: [], offsets: [0, 4] });
    expect(await read(path, 6)).toEqual({ lines: ['one'], torn: ['tw'], offsets: [0, 4] });
  });

  it('says which file it cannot read; one that is not there ends in nothing', async () => {
    const path = join(temporaryFolder(), 'none');
    await expect(read(path)).rejects.toMatchObject({ code: 'ERR_AUDIT_UNREADABLE' });
    expect(readLastLine(path)).toEqual({ last: undefined, completeBytes: 0, bytes: 0 });
  });
});
