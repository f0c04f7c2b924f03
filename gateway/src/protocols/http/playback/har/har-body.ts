/** A recorded body as an HTTP archive has it: text, or base64; never a part of it as if it were the whole. */
import type { JsonObject } from '../../../../model/json.ts';
import { ContentDecoder, isKnownCoding } from '../../coding/content-decoder.ts';

/** Bodies are decoded up to this length. */
const MOST_DECODED_BYTES = 32 * 1024 * 1024;
/** More codings than anybody stacks. */
const MOST_CODINGS = 4;

const TEXT =
  /^(text\/|application\/([a-z0-9.+-]*\+)?(json|xml|x-ndjson|x-www-form-urlencoded|graphql|javascript)\b|multipart\/form-data)/i;
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `text`, with `encoding` where it is base64. */
export function textOf(
  bytes: Buffer,
  mimeType: string,
): { readonly text: string; readonly encoding?: 'base64' } {
  const [, charset = 'utf-8'] = /;\s*charset="?([\w-]+)/i.exec(mimeType) ?? [];
  if ((mimeType === '' || TEXT.test(mimeType)) && /^(utf-8|utf8|us-ascii)$/i.test(charset)) {
    try {
      return { text: STRICT.decode(bytes) };
    } catch {
      // Not what it says.
    }
  }
  return { text: bytes.toString('base64'), encoding: 'base64' };
}

/** A part of a body: where tools that read archives do not take it for the body. */
export function partOf(bytes: Buffer, mimeType: string): JsonObject {
  const { text, encoding } = textOf(bytes, mimeType);
  return { isWhole: false, part: text, ...(encoding === undefined ? {} : { encoding }) };
}

/**
 * A body without its codings, as archives have it; undefined where they cannot be undone, or much comes out.
 * @param codings value of Content-Encoding
 */
export async function decoded(bytes: Buffer, codings: string): Promise<Buffer | undefined> {
  const names = codings
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length > MOST_CODINGS || !names.every(isKnownCoding)) return undefined;
  let body = bytes;
  // The last one that was applied is the first to go.
  for (const name of names.reverse()) {
    const next = await undone(body, name);
    if (next === undefined) return undefined;
    body = next;
  }
  return body;
}

async function undone(bytes: Buffer, coding: string): Promise<Buffer | undefined> {
  const decoder = new ContentDecoder(coding);
  const chunks: Buffer[] = [];
  let length = 0;
  const sink = (chunk: Buffer): Promise<void> => {
    length += chunk.length;
    if (length > MOST_DECODED_BYTES) return Promise.reject(new RangeError('too much'));
    chunks.push(chunk);
    return Promise.resolve();
  };
  try {
    await decoder.push(bytes, sink);
    await decoder.end(sink);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  } finally {
    decoder.close();
  }
}
