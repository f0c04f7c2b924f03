/**
 * Answers in a content coding where the gateway's credential is looked for in them (P6): the coding is undone, and the client gets
 * them without. Otherwise who asks for gzip would read what is hidden from everybody else.
 */
import { ContentDecoder, isKnownCoding } from '../coding/content-decoder.ts';
import type { Headers } from '../facts/headers.ts';
import { mayHoldSecret } from '../upstream/secret-filter.ts';
import type { ResponseHead } from '../wire/head/response-head.ts';

const PARTIAL = 206;

/** What tells of the bytes of a body in its coding. */
export const ABOUT_CODED: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-digest',
  'content-md5',
  'digest',
  'repr-digest',
]);

/**
 * `Accept-Encoding` for the service: of what the client takes what can be undone. Undefined where it says nothing of codings. A part
 * of a coded body could not be undone, so for ranges there is none.
 */
export function decodableCodings(headers: Headers): string | undefined {
  const asked = headers.get('accept-encoding');
  if (asked === undefined) return undefined;
  const known = asked
    .flatMap((value) => value.split(','))
    .map((one) => one.trim())
    .filter((one) => isPlain(one) || isKnownCoding(nameOf(one)));
  return known.length === 0 || headers.has('range') ? 'identity' : known.join(', ');
}

/** What undoes the coding of an answer; undefined where it has none, or one that the service chose against all that it was told. */
export function codedAnswer({ status, fields, framing }: ResponseHead): ContentDecoder | undefined {
  if (status === PARTIAL || framing.kind === 'none' || !mayHoldSecret(fields.only('content-type'))) {
    return undefined;
  }
  const [coding, ...more] = codingsOf(fields.valuesOf('content-encoding'));
  return coding === undefined || more.length > 0 || !isKnownCoding(coding)
    ? undefined
    : new ContentDecoder(coding);
}

/** Codings of a body, in lower case. */
export function codingsOf(values: readonly string[]): readonly string[] {
  return values
    .flatMap((value) => value.split(','))
    .map(nameOf)
    .filter((coding) => coding !== '' && !isPlain(coding));
}

function nameOf(one: string): string {
  return (one.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function isPlain(one: string): boolean {
  return nameOf(one) === 'identity';
}
