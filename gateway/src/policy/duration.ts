const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
};

/** Form of a duration, for the JSON Schema: a whole number and a unit, `15s`. */
export const DURATION_PATTERN: RegExp = /^[1-9][0-9]{0,8}(ms|s|m|h|d)$/;

/** Form of a time to wait, for the JSON Schema: as a duration, and `0s`. */
export const WAIT_PATTERN: RegExp = /^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$/;

/** Form of a size, for the JSON Schema: a whole number and a unit, `10MiB`. */
export const SIZE_PATTERN: RegExp = /^[1-9][0-9]{0,8}(B|KB|KiB|MB|MiB|GB|GiB)$/;

/** Reads `500ms`, `15s`, `15m`, `2h` or `1d` as milliseconds; undefined when it is none of these. */
export function parseDurationMs(text: string): number | undefined {
  return DURATION_PATTERN.test(text) ? quantity(text, DURATION_UNITS) : undefined;
}

/** Reads what {@link parseDurationMs} reads, and `0s`, as milliseconds. */
export function parseWaitMs(text: string): number | undefined {
  return WAIT_PATTERN.test(text) ? quantity(text, DURATION_UNITS) : undefined;
}

/** Reads `512KiB`, `10MB` and the like as bytes; undefined when it is none of these. */
export function parseSizeBytes(text: string): number | undefined {
  return SIZE_PATTERN.test(text) ? quantity(text, SIZE_UNITS) : undefined;
}

function quantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const digits = /^[0-9]+/.exec(text)?.[0] ?? '';
  const unit = units[text.slice(digits.length)];
  return unit === undefined ? undefined : Number(digits) * unit;
}
