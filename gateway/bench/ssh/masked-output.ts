/**
 * Speed of the masks of command output in memory, with ten detectors. Bytes come as a machine sends them, in pieces of 32 KiB;
 * MB/s are of CPU time, best of some rounds.
 */
import { DetectorSet } from '../../src/masking/detector-set.ts';
import { FindingMasks } from '../../src/masking/finding-masks.ts';
import { ValueDigests } from '../../src/masking/replace/digest.ts';
import { MaskingKeys } from '../../src/masking/replace/masking-keys.ts';
import { OutputMask } from '../../src/protocols/ssh/masking/output-mask.ts';

/** One kind of output. */
interface MaskedOutputResult {
  readonly output: string;
  readonly megabytesPerSecond: number;
  readonly findings: number;
}

const TEN = ['email', 'phone', 'card', 'iban', 'us-ssn', 'ip', 'mac', 'jwt', 'api-key', 'private-key'];
const MEGABYTES = 16;
const ROUNDS = 5;
const PIECE = 32_768;

const PATHS = ['/cart', '/orders/18823', '/health', '/products/green-kettle', '/login'];
const METHODS = ['GET', 'POST', 'PUT'];
const pad = (value: number): string => String(value).padStart(2, '0');

/** A log with an address in one line of `every`. */
function logOf(every: number): Buffer {
  const lines: string[] = [];
  for (let line = 0, bytes = 0; bytes < MEGABYTES * 1e6; line += 1) {
    const time = `2026-11-27T${pad(line % 24)}:${pad(line % 60)}:${pad((line * 7) % 60)}.${100 + (line % 900)}Z`;
    const path = PATHS[line % PATHS.length] ?? '';
    const who = line % every === 0 ? ` user=alice.smith${line % 977}@example.com` : '';
    const text = `${time} INFO shop.http ${METHODS[line % 3] ?? ''} ${path} took ${line % 300} ms status 200${who}\n`;
    bytes += text.length;
    lines.push(text);
  }
  return Buffer.from(lines.join(''));
}

const KINDS: readonly (readonly [string, () => Buffer])[] = [
  ['log, an address in a line of 50', () => logOf(50)],
  ['log, an address in each line', () => logOf(1)],
  ['log in colours', () => Buffer.from(logOf(50).toString().replaceAll('INFO', '\u001b[32mINFO\u001b[0m'))],
  ['prose without line ends', () => Buffer.from('the parcel was returned by its owner; '.repeat(420_000))],
  ['one letter without line ends', () => Buffer.alloc(MEGABYTES * 1e6, 'x')],
  ['zeros', () => Buffer.alloc(MEGABYTES * 1e6)],
];

/** Measures each kind of output with ten detectors. */
export function benchMaskedOutput(): readonly MaskedOutputResult[] {
  const keys = new MaskingKeys([{ id: 'bench', bytes: Buffer.alloc(32, 1) }]);
  const detectors = new DetectorSet({ phoneRegion: 'US' });
  const tools = { detectors, pseudonyms: undefined, digests: new ValueDigests(keys, 'bench') };
  const obligation = { kind: 'mask', rule: 'bench', columns: [], detect: TEN, method: 'redact' } as const;
  const masks = new FindingMasks([obligation], tools);
  return KINDS.map(([output, make]) => {
    const bytes = make();
    let best = Number.POSITIVE_INFINITY;
    let findings = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      findings = 0;
      const mask = new OutputMask(masks, () => (findings += 1));
      const begun = process.cpuUsage();
      for (let at = 0; at < bytes.length; at += PIECE) mask.push(bytes.subarray(at, at + PIECE));
      mask.end();
      const { user, system } = process.cpuUsage(begun);
      best = Math.min(best, (user + system) / 1000);
    }
    return { output, megabytesPerSecond: Number((bytes.length / 1000 / best).toFixed(1)), findings };
  });
}
