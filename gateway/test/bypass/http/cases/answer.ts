/** One answer of a service in which a masked value could leave, and what must come of it. */

/** In the field `email`; it is an address, too. */
export const CANARY = 'canary7f3a@private.example';

/** What comes of an answer. */
export type MaskOutcome =
  /** It comes, and what stands for the value is in it. */
  | 'masked'
  /** It comes without the value, and with nothing in its place. */
  | 'without'
  /** 403 before the service was asked. */
  | 'denied'
  /** 502 in place of it. */
  | 'refused'
  /** Cut off in the middle. */
  | 'broken';

/** One answer to one request. */
export interface MaskAttack {
  readonly name: string;
  /** By which masks: of the field `email`, of addresses wherever they are, or of either. */
  readonly by?: 'columns' | 'detectors';
  readonly outcome: MaskOutcome | { readonly columns: MaskOutcome; readonly detectors: MaskOutcome };
  readonly method?: string;
  readonly target?: string;
  /** Of the request. */
  readonly fields?: readonly string[];
  /** The bytes of the answer. */
  readonly answer: Buffer;
}

/** Bytes of text in Latin-1. */
export const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A 200 with its length. */
export function ok(type: string, body: string | Buffer, ...fields: readonly string[]): Buffer {
  return status('200 OK', type, body, ...fields);
}

/** An answer with its length. */
export function status(
  line: string,
  type: string,
  body: string | Buffer,
  ...fields: readonly string[]
): Buffer {
  const bytes = Buffer.from(body);
  const head = [
    `HTTP/1.1 ${line}`,
    ...(type === '' ? [] : [`Content-Type: ${type}`]),
    ...fields,
    `Content-Length: ${bytes.length}`,
  ];
  return Buffer.concat([latin1(`${head.join('\r\n')}\r\n\r\n`), bytes]);
}

/** In chunks, with what is given behind the last. */
export function chunked(type: string, pieces: readonly string[], end = '\r\n', head = ''): Buffer {
  const chunks = pieces.map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`);
  return latin1(
    `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n${head}Transfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n${end}`,
  );
}

/** One object that holds it. */
export const PERSON: string = `{"id":1,"email":"${CANARY}"}`;

/** In UTF-16, with its mark. */
export function wide(text: string): Buffer {
  return Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(text, 'utf16le')]);
}

/** An answer for each text, under one type. */
export const table = (
  type: string,
  outcome: MaskAttack['outcome'],
  texts: Readonly<Record<string, string | Buffer>>,
): readonly MaskAttack[] =>
  Object.entries(texts).map(([name, text]) => ({
    name: `${type}: ${name}`,
    outcome,
    answer: ok(type, text),
  }));
