/**
 * Bytes captured between real clients and a real server, one connection a file in `postgres/`: a title, the chunks in
 * the order a proxy saw them, a line of dashes, the messages expected of them. `UPDATE_CORPUS=1` rewrites what stands
 * under the dashes; read the diff before you commit it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Chunk, toTranscript } from '../support/postgres-transcript.ts';

const FOLDER = join(import.meta.dirname, 'postgres');
const SEPARATOR = '----------';
const CASES = readdirSync(FOLDER).filter((file) => file.endsWith('.case'));

interface Case {
  readonly captured: string;
  readonly chunks: readonly Chunk[];
  readonly expected: readonly string[];
}

function readCase(file: string): Case {
  const [captured = '', expected = ''] = readFileSync(join(FOLDER, file), 'utf8').split(`${SEPARATOR}\n`);
  const chunks = captured
    .trimEnd()
    .split('\n')
    .slice(1)
    .map(
      (line): Chunk => ({
        from: line.startsWith('F ') ? 'F' : 'B',
        bytes: Buffer.from(line.slice(2), 'hex'),
      }),
    );
  return { captured, chunks, expected: expected.trimEnd().split('\n') };
}

function updateCase(file: string): void {
  const { captured, chunks } = readCase(file);
  const lines = toTranscript(chunks).lines.join('\n');
  writeFileSync(join(FOLDER, file), `${captured}${SEPARATOR}\n${lines}\n`);
}

if (process.env['UPDATE_CORPUS'] === '1') CASES.forEach(updateCase);

describe('PostgreSQL corpus', () => {
  it('has cases', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(10);
  });

  describe.each(CASES)('%s', (file) => {
    const { chunks, expected } = readCase(file);

    it('is read as expected, to its last byte', () => {
      const transcript = toTranscript(chunks);
      expect(transcript.lines).toEqual(expected);
      expect(transcript.retainedBytes).toBe(0);
    });

    it('is read the same a byte at a time', () => {
      const bytes = chunks.flatMap(({ from, bytes: chunk }) =>
        Array.from(chunk, (byte): Chunk => ({ from, bytes: Buffer.of(byte) })),
      );
      expect(toTranscript(bytes).lines).toEqual(expected);
    });

    it('P2: each message that the gateway can write is written back byte for byte', () => {
      expect(toTranscript(chunks).rewrittenOtherwise).toEqual([]);
    });
  });
});
