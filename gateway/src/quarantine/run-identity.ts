import { createHash } from 'node:crypto';
import type { Principal } from '../model/principal.ts';

/** Above this a text is compared as it is: agents do not loop over re-formatted megabytes. */
const MAX_NORMALISED = 64 * 1024;

/** Whose denials count together: the verified run of a principal, whatever agents take part; else all of one agent. */
export function runKey({
  issuer,
  subject,
  agent,
  run,
}: Pick<Principal, 'issuer' | 'subject'> & {
  readonly agent?: string | undefined;
  readonly run?: string | undefined;
}): string {
  return JSON.stringify([issuer, subject, ...(run === undefined ? ['agent', agent ?? ''] : ['run', run])]);
}

/** SHA-256 of a statement; how it is spaced, and semicolons at its end, do not make another one of it. */
export function statementDigest(text: string): string {
  const normal =
    text.length > MAX_NORMALISED
      ? text
      : text
          .replace(/\s+/g, ' ')
          .replace(/[ ;]+$/, '')
          .trimStart();
  return createHash('sha256').update(normal).digest('hex');
}
