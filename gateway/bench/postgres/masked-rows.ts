/**
 * `node gateway/bench/postgres/masked-rows.ts`: how many rows a CPU-second the response masker walks and rewrites, in
 * memory: a result of 6 text columns of about 20 bytes, in chunks of 64 KiB.
 */

import { fileURLToPath } from 'node:url';
import { ComputedFields } from '../../src/protocols/postgres/masking/computed-columns.ts';
import { ResultMask } from '../../src/protocols/postgres/masking/result-mask.ts';
import {
  CUSTOMERS,
  detecting,
  field,
  row,
  testCatalog,
  whole,
} from '../../src/protocols/postgres/masking/testing/fixtures.ts';
import type { ResponseMask } from '../../src/protocols/postgres/masking/value-mask.ts';
import { encodeCopyResponse } from '../../src/protocols/postgres/wire/backend/copy-response.ts';
import { FrameSplitter } from '../../src/protocols/postgres/wire/frame-splitter.ts';
import { MessageWriter } from '../../src/protocols/postgres/wire/message-writer.ts';

const ROWS = 200_000;
const CHUNK = 65_536;
const NAMES = ['id', 'email', 'name', 'ssn', 'note', 'data'];

const TEN = ['email', 'phone', 'card', 'iban', 'us-ssn', 'ip', 'mac', 'jwt', 'api-key', 'private-key'];

/** One case; `null` masks: only the splitter. */
const CASES: readonly (readonly [string, readonly ResponseMask[] | null])[] = [
  ['frames only', null],
  ['walked, nothing replaced', [whole(['*.email'], 'null')]],
  ['one column NULL', [whole(['*.email'], 'null')]],
  ['one column redacted', [whole(['*.email'], 'redact')]],
  ['one column partial', [whole(['*.email'], 'partial')]],
  ['one column pseudonym (HMAC)', [whole(['*.email'], 'pseudonym')]],
  ['three columns redacted', [whole(['*.email', '*.ssn', '*.note'], 'redact')]],
  ['an e-mail detector on every cell', [detecting([], ['email'])]],
  ['ten detectors on every cell', [detecting([], TEN)]],
];

function chunksOf(messages: readonly Buffer[]): Buffer[] {
  const stream = Buffer.concat(messages);
  return Array.from({ length: Math.ceil(stream.length / CHUNK) }, (_, index) =>
    Buffer.from(stream.subarray(index * CHUNK, (index + 1) * CHUNK)),
  );
}

function cellsOf(index: number, isMasked: boolean): (string | undefined)[] {
  return [
    String(index),
    isMasked ? `user${index}@example.com` : undefined,
    `name of customer ${index}`,
    `${index}-12-3456`,
    'a note of some length here',
    'other data of the row',
  ];
}

/** Counts bytes; a socket's work is not measured. */
const sink = {
  bytes: 0,
  add(bytes: Buffer, start = 0, end: number = bytes.length): void {
    this.bytes += end - start;
  },
};

/** Rows per CPU-second, in millions, best of five. */
function measureMaskedRows(name: string, masks: readonly ResponseMask[] | null): number {
  const isMasked = name !== 'walked, nothing replaced';
  const chunks = chunksOf(Array.from({ length: ROWS }, (_, index) => row(...cellsOf(index, isMasked))));
  const mask = new ResultMask({
    masks: masks ?? [],
    catalog: testCatalog(),
    computed: new ComputedFields([]),
  });
  mask.describe(NAMES.map((column) => field(column)));
  return best(() => {
    const splitter = new FrameSplitter({ maxFrameBytes: 1_048_576, streams: () => true, source: 'upstream' });
    for (const chunk of chunks) {
      splitter.push(chunk);
      for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
        if (masks === null) sink.add(frame.bytes, frame.start, frame.end);
        else mask.dataRow(frame.bytes, frame, sink);
      }
      mask.flush(sink);
    }
  });
}

/** As {@link measureMaskedRows}, for COPY in text format, a row a message. */
function measureMaskedCopy(): number {
  const columns = NAMES.map((name, index) => ({ name, number: index + 1, type: 25, isGenerated: false }));
  const catalog = testCatalog({ relation: { oid: CUSTOMERS, columns } });
  const mask = new ResultMask({
    masks: [whole(['*.email'], 'redact')],
    catalog,
    computed: new ComputedFields([]),
  });
  const table = { schema: 'public', name: 'customers', columns: undefined };
  const response = encodeCopyResponse({
    direction: 'out',
    format: 'text',
    columnFormats: NAMES.map(() => 'text'),
  });
  const chunks = chunksOf(
    Array.from({ length: ROWS }, (_, index) =>
      new MessageWriter(0x64).raw(`${cellsOf(index, true).join('\t')}\n`).finish(),
    ),
  );
  return best(() => {
    mask.admitCopy({ format: 'text', furtherOptions: [], table });
    mask.copyOutResponse(response, 0, response.length);
    const splitter = new FrameSplitter({ maxFrameBytes: 1_048_576, streams: () => true, source: 'upstream' });
    for (const chunk of chunks) {
      splitter.push(chunk);
      for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
        mask.copyData(frame.bytes, frame, sink);
      }
    }
    mask.copyDone();
  });
}

function best(run: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 6; round += 1) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    if (round > 0) least = Math.min(least, user + system);
  }
  return ROWS / least;
}

/** Millions of rows a CPU-second, by case. */
export function benchMaskedRows(): Readonly<Record<string, number>> {
  const rows = CASES.map(([name, masks]): [string, number] => [name, measureMaskedRows(name, masks)]);
  const all: [string, number][] = [...rows, ['COPY text, one column redacted', measureMaskedCopy()]];
  return Object.fromEntries(all.map(([name, millions]) => [name, Number(millions.toFixed(2))]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(benchMaskedRows());
