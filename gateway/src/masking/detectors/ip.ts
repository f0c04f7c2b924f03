import { hexValue, isWordByte } from '../detect/byte-class.ts';
import type { Detector } from '../detect/detector.ts';
import type { NumberRun } from '../detect/number-run.ts';
import type { ScanInput } from '../detect/scan-input.ts';

const DOT = 0x2e;
const COLON = 0x3a;
/** Longest text of an IPv6 address: eight groups, or six and an IPv4 address (RFC 4291 2.2). */
const LONGEST = 45;

/**
 * IPv4 in dotted form and IPv6 in all forms of RFC 4291 2.2. Not: a version (`v1.2.3.4`, `version 1.2.3.4`), more or
 * fewer than four parts, parts with leading zeros, and the unspecified address and lone loopback, which say nothing.
 */
export const ip: Detector = {
  name: 'ip',
  fewestDigits: 4,
  isDotted: true,
  numbers(input, run) {
    for (let first = 0; first + 3 < run.count; first += 1) {
      if (isDotted(input, run, first)) {
        const start = run.startOf(first);
        const isVersion = input.isAbout('version', start) && !input.isAbout('ip', start);
        if (!isVersion) {
          input.hit(start, run.endOf(first + 3));
        }
        first += 3;
      }
    }
  },
  colon(input, position) {
    // The first colon of a run stands for the whole.
    const start = runStart(input, position);
    if (start === -1) {
      return;
    }
    let end = position;
    let colons = 0;
    let isShort = false;
    for (let byte = input.at(end); end - start <= LONGEST && isPart(byte); byte = input.at(end)) {
      colons += byte === COLON ? 1 : 0;
      isShort ||= byte === COLON && input.at(end - 1) === COLON;
      end += 1;
    }
    // A time has two colons.
    if (!isShort && colons < 6) {
      return;
    }
    while (end > start && (input.at(end - 1) === DOT || isLoneColon(input, end - 1))) {
      end -= 1;
    }
    if (!isWordByte(input.at(end)) && isIpv6(input.slice(start, end))) {
      input.hit(start, end);
    }
  },
};

function isDotted(input: ScanInput, run: NumberRun, first: number): boolean {
  for (let group = first; group < first + 4; group += 1) {
    const length = run.length(group);
    const isLeading = length > 1 && input.at(run.startOf(group)) === 0x30;
    if (length > 3 || isLeading || Number(input.slice(run.startOf(group), run.endOf(group))) > 255) {
      return false;
    }
    if (group < first + 3 && run.separatorAfter(input.bytes, group) !== DOT) {
      return false;
    }
  }
  const before = run.startOf(first) - 1;
  const after = run.endOf(first + 3);
  const goesOn =
    (input.at(before) === DOT && isWordByte(input.at(before - 1))) ||
    (input.at(after) === DOT && isWordByte(input.at(after + 1)));
  return !goesOn;
}

function isPart(byte: number): boolean {
  return byte === COLON || byte === DOT || hexValue(byte) !== -1;
}

/** Where the hexadecimal digits before the first colon of a run begin; -1 when this is a later colon. */
function runStart(input: ScanInput, colon: number): number {
  let start = colon;
  while (start > input.start && colon - start < 5 && hexValue(input.at(start - 1)) !== -1) {
    start -= 1;
  }
  const before = input.at(start - 1);
  return colon - start > 4 || before === COLON || isWordByte(before) ? -1 : start;
}

function isLoneColon(input: ScanInput, position: number): boolean {
  return input.at(position) === COLON && input.at(position - 1) !== COLON;
}

/** Reads an IPv6 address without zone; it has to have at least one group that says something. */
function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2 || text.length < 4) {
    return false;
  }
  let groups = 0;
  for (const half of halves) {
    const parts = half === '' ? [] : half.split(':');
    for (const [index, part] of parts.entries()) {
      const isLast = half === halves.at(-1) && index === parts.length - 1;
      if (
        isLast &&
        /^(?:\d{1,3}\.){3}\d{1,3}$/.test(part) &&
        part.split('.').every((byte) => Number(byte) < 256)
      ) {
        groups += 2;
      } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
        groups += 1;
      } else {
        return false;
      }
    }
  }
  return halves.length === 2 ? groups >= 1 && groups <= 7 : groups === 8;
}
