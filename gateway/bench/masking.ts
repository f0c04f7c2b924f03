/**
 * Speed of content detectors over cells as databases have them: `node gateway/bench/masking.ts [--json]`. One cell in
 * fifty holds a finding. MB/s are of the bytes of all cells, best of some rounds.
 */
import { fileURLToPath } from 'node:url';
import { DetectorSet } from '../src/masking/detector-set.ts';

/** One measured set of detectors. */
export interface MaskingResult {
  readonly detectors: string;
  readonly megabytesPerSecond: number;
  readonly cellsPerSecond: number;
  readonly findings: number;
}

const TEN = ['email', 'phone', 'card', 'iban', 'us-ssn', 'ip', 'mac', 'jwt', 'api-key', 'private-key'];
const CELLS = 100_000;
const ROUNDS = 7;

/** Mulberry32: the same cells in every run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const WORDS =
  'delivery customer returned package shipped because damaged corner replaced invoice paid late summer'.split(
    ' ',
  );
const FINDINGS = [
  'contact alice.smith@example.com for details',
  '+49 30 901820',
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  '536-22-8726',
  '192.168.10.24',
  '00:1a:2b:3c:4d:5e',
];

function makeCells(): { readonly bytes: Buffer; readonly ends: Int32Array } {
  const random = randomOf(7);
  const below = (count: number): number => Math.floor(random() * count);
  const digits = (count: number): string => Array.from({ length: count }, () => below(10)).join('');
  const hex = (count: number): string => Array.from({ length: count }, () => below(16).toString(16)).join('');
  const prose = (count: number): string =>
    Array.from({ length: count }, () => WORDS[below(WORDS.length)]).join(' ');
  const makers: readonly (() => string)[] = [
    () => digits(1 + below(8)),
    () =>
      `2026-${10 + below(3)}-${10 + below(18)} 1${below(10)}:${10 + below(50)}:${10 + below(50)}.${digits(6)}+00`,
    () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    () => `${below(1000)}.${digits(2)}`,
    () => prose(2),
    () => prose(12 + below(20)),
    () => prose(30 + below(30)),
    () => `ORD-${digits(10)}`,
    () => (random() < 0.5 ? 't' : 'f'),
    () => `https://shop.example.com/products/${prose(2).replace(' ', '-')}`,
    () => 'pending',
  ];
  const cells = Array.from({ length: CELLS }, (_, index) =>
    Buffer.from(
      index % 50 === 0 ? (FINDINGS[below(FINDINGS.length)] ?? '') : (makers[below(makers.length)]?.() ?? ''),
    ),
  );
  const ends = new Int32Array(CELLS);
  let end = 0;
  cells.forEach((cell, index) => {
    end += cell.length;
    ends[index] = end;
  });
  return { bytes: Buffer.concat(cells), ends };
}

/** Measures each of ten detectors alone, the ten together, and all there are. */
export function benchMasking(): readonly MaskingResult[] {
  const { bytes, ends } = makeCells();
  const set = new DetectorSet({ phoneRegion: 'US' });
  const sets: readonly (readonly [string, readonly string[]])[] = [
    ['ten together', TEN],
    ['all together', set.names],
    ...set.names.map((name) => [name, [name]] as const),
  ];
  return sets.map(([detectors, names]) => {
    const scanner = set.scanner(names);
    let best = Number.POSITIVE_INFINITY;
    let findings = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      findings = 0;
      const begun = process.cpuUsage();
      let start = 0;
      for (const end of ends) {
        findings += scanner.scanBytes(bytes, start, end)?.length ?? 0;
        start = end;
      }
      const { user, system } = process.cpuUsage(begun);
      best = Math.min(best, (user + system) / 1000);
    }
    return {
      detectors,
      megabytesPerSecond: Number((bytes.length / 1000 / best).toFixed(1)),
      cellsPerSecond: Math.round((CELLS / best) * 1000),
      findings,
    };
  });
}

/** Renders results as a table. */
export function formatMaskingResults(results: readonly MaskingResult[]): string {
  const row = (name: string, ...cells: readonly (string | number)[]): string =>
    name.padEnd(24) + cells.map((cell) => String(cell).padStart(12)).join('');
  const rows = results.map((result) =>
    row(result.detectors, result.megabytesPerSecond, result.cellsPerSecond, result.findings),
  );
  return `${[row('detectors', 'MB/s', 'cells/s', 'findings'), ...rows].join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = benchMasking();
  process.stdout.write(
    process.argv.includes('--json') ? `${JSON.stringify(results, null, 2)}\n` : formatMaskingResults(results),
  );
}
