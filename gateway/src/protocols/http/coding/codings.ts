/** Content codings that can be undone (RFC 9110 section 8.4.1, RFC 7932, RFC 8878). */
import { constants, type ZstdOptions } from 'node:zlib';

/** Their names, as they are registered. */
export const CODINGS = ['gzip', 'deflate', 'br', 'zstd'] as const;

/** Name of a coding. */
export type Coding = (typeof CODINGS)[number];

/** RFC 9659: no window over 8 MiB. */
export const ZSTD_OPTIONS: ZstdOptions = { params: { [constants.ZSTD_d_windowLogMax]: 23 } };

/** Whether a word is the name of a coding, in lower case. */
export function isCoding(word: string): word is Coding {
  return (CODINGS as readonly string[]).includes(word);
}
