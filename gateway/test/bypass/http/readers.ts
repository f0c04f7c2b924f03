/**
 * What other servers may take bytes for. Each reads leniently in a way that some server did: what the gateway sends must be one
 * thing to all of them.
 */
import { readByLlhttp } from '../../corpus/http/llhttp-oracle.ts';

/** A request as a reader has it. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case, an underscore taken for a dash. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Reads everything that came over one connection. */
export interface Reader {
  readonly name: string;
  read(bytes: Buffer): Promise<readonly SeenRequest[]>;
}

type Framing = 'coding first' | 'first length' | 'last length';

/** Lines end with LF, names may have blanks around them, folded lines go on, chunk sizes are what begins like a number. */
function naive(framing: Framing): Reader {
  return {
    name: `lenient, ${framing}`,
    read: (bytes) => Promise.resolve([...requestsIn(bytes.toString('latin1'), framing)]),
  };
}

/** All of them. */
export const READERS: readonly Reader[] = [
  { name: 'llhttp', read: byLlhttp(false) },
  { name: 'llhttp, insecure', read: byLlhttp(true) },
  naive('coding first'),
  naive('first length'),
  naive('last length'),
];

function byLlhttp(isLenient: boolean): Reader['read'] {
  return async (bytes) => {
    const { requests } = await readByLlhttp(bytes, { isLenient });
    return requests.map(({ method, target, fields, body }) => ({
      method,
      target,
      body,
      fields: Array.from({ length: fields.length / 2 }, (_, index) => [
        folded(fields[2 * index] ?? ''),
        fields[2 * index + 1] ?? '',
      ]),
    }));
  };
}

function* requestsIn(text: string, framing: Framing): Generator<SeenRequest> {
  let rest = text.replace(/^[\r\n]+/, '');
  while (rest !== '') {
    const [head, behind] = cut(rest, /\r?\n\r?\n/);
    const [line = '', ...lines] = head.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
    const [, method = '', target = ''] = /^\s*(\S+)\s+(\S+)/.exec(line) ?? [];
    const fields = lines.map((field): readonly [string, string] => {
      const [name, value] = cut(field, /:/);
      return [folded(name.trim()), value.trim()];
    });
    const [body, next] = bodyOf(fields, behind, framing);
    yield { method: method.toUpperCase(), target, fields, body };
    rest = next.replace(/^[\r\n]+/, '');
  }
}

function bodyOf(
  fields: readonly (readonly [string, string])[],
  text: string,
  framing: Framing,
): readonly [body: string, rest: string] {
  const values = (wanted: string): readonly string[] =>
    fields.filter(([name]) => name === wanted).map(([, value]) => value);
  const isChunked = values('transfer-encoding').some((value) => /chunked/i.test(value));
  const lengths = values('content-length').map((value) => Number.parseInt(value, 10));
  const length = framing === 'last length' ? lengths.at(-1) : lengths[0];
  if (isChunked && (framing === 'coding first' || length === undefined)) return chunksOf(text);
  return [text.slice(0, length ?? 0), text.slice(length ?? 0)];
}

function chunksOf(text: string): readonly [body: string, rest: string] {
  let rest = text;
  let body = '';
  for (;;) {
    const [line, behind] = cut(rest, /\r?\n/);
    const size = Number.parseInt(line.trim(), 16);
    if (!(size > 0)) return [body, cut(`\n${behind}`, /\n\r?\n/)[1]];
    body += behind.slice(0, size);
    rest = behind.slice(size).replace(/^\r?\n/, '');
  }
}

function cut(text: string, at: RegExp): readonly [before: string, behind: string] {
  const found = at.exec(text);
  return found === null
    ? [text, '']
    : [text.slice(0, found.index), text.slice(found.index + found[0].length)];
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
