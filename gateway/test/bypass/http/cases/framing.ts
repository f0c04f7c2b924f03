/** Requests that hide another: framing that two servers read in two ways, bodies that look like heads, tricks of connections. */
import { type HttpAttack, request } from './attack.ts';

const HIDDEN = 'GET /shop/smuggled HTTP/1.1\r\nHost: gateway\r\nX: ';
const WHOLE = 'DELETE /shop/smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n';

/** A POST with framing fields, and bytes behind it. */
function post(
  name: string,
  fields: readonly string[],
  behind: string,
  reaches?: readonly string[],
): HttpAttack {
  return {
    name,
    bytes: (head) => head('POST /shop/public/a HTTP/1.1', ...fields) + behind,
    ...(reaches === undefined ? {} : { reaches }),
  };
}

const LENGTH = (text: string): string => `Content-Length: ${text.length}`;
/** What is not looked into, and cannot turn a POST into another method. */
const BYTES = 'Content-Type: application/octet-stream';
const CHUNKED = 'Transfer-Encoding: chunked';

/** Spellings of `Transfer-Encoding: chunked` beside a length, of which one server knows some and another does not. */
const CODINGS: readonly string[] = [
  'Transfer-Encoding: chunked',
  'transfer-encoding: CHUNKED',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding:chunked',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: \u000bchunked',
  'Transfer-Encoding: chunked\u000b',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding\t: chunked',
  ' Transfer-Encoding: chunked',
  'X: X\nTransfer-Encoding: chunked',
  'X: X\rTransfer-Encoding: chunked',
  'Transfer-Encoding\r\n : chunked',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding: 'chunked'",
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
  'Transfer_Encoding: chunked',
  'Transfer Encoding: chunked',
  'Transfer-Encoding\0: chunked',
  'Transfer-Encoding: chunked\0',
  'Transfer-Encoding: chunKed\u00a0',
  'Tra\u0000nsfer-Encoding: chunked',
  'Content-Encoding: chunked\r\nTransfer-Encoding: chunked',
  'TE: chunked\r\nTransfer-Encoding: chunked',
];

const LENGTHS: readonly string[] = [
  'Content-Length: 0\r\nContent-Length: 60',
  'Content-Length: 60\r\nContent-Length: 0',
  'Content-Length: 0, 60',
  'Content-Length: 0\r\ncontent-length: 0',
  'Content-Length: +0',
  'Content-Length: -1',
  'Content-Length: 0x0',
  'Content-Length: 00',
  'Content-Length: 0 60',
  'Content-Length: 0;60',
  'Content-Length: ',
  'Content-Length: 0\u000b',
  'Content-Length : 60',
  'Content_Length: 60',
  'Content-Length: 1e1',
  'Content-Length: 18446744073709551616',
  'Content-Length: 9007199254740993',
  ' Content-Length: 60',
  'Content-Length:\r\n 60',
  'Content-Length: 0\nX: y',
  'Content-Length: 0\rX: y',
];

/** Chunked bodies that end at different places. */
const CHUNKS: Readonly<Record<string, string>> = {
  'an extension with LF': `5;\nhello\r\n0\r\n\r\n`,
  'an extension that hides a line end': `5;a="\r\n0\r\n\r\n${WHOLE}"\r\nhello\r\n0\r\n\r\n`,
  'an extension': '5;a=b\r\nhello\r\n0\r\n\r\n',
  'a size that wraps at 2^32': '100000005\r\nhello\r\n0\r\n\r\n',
  'a size that wraps at 2^64': '10000000000000005\r\nhello\r\n0\r\n\r\n',
  'a negative size': '-1\r\nhello\r\n0\r\n\r\n',
  'a size with a sign': '+5\r\nhello\r\n0\r\n\r\n',
  'a size with 0x': '0x5\r\nhello\r\n0\r\n\r\n',
  'a size with an underscore': '1_0\r\nhello\r\n0\r\n\r\n',
  'a size with blanks': '5 \r\nhello\r\n0\r\n\r\n',
  'a size behind blanks': ' 5\r\nhello\r\n0\r\n\r\n',
  'no size': '\r\nhello\r\n0\r\n\r\n',
  'LF behind a size': '5\nhello\r\n0\r\n\r\n',
  'CR behind a size': '5\rhello\r\n0\r\n\r\n',
  'LF behind data': '5\r\nhello\n0\r\n\r\n',
  'nothing behind data': '5\r\nhello0\r\n\r\n',
  'two bytes behind data': '5\r\nhelloXX0\r\n\r\n',
  'LF at the end': '0\n\n',
  'LF in the last line': '5\r\nhello\r\n0\r\n\n',
  'a trailer that frames': '0\r\nContent-Length: 60\r\n\r\n',
  'a trailer that codes': '0\r\nTransfer-Encoding: chunked\r\n\r\n',
  'a trailer that routes': '0\r\nHost: admin\r\n\r\n',
  'a trailer that authenticates': '0\r\nAuthorization: Bearer x\r\n\r\n',
  'a trailer that is folded': '0\r\nX: y\r\n z\r\n\r\n',
  'a trailer without a colon': `0\r\n${WHOLE}\r\n`,
};

/** All of them. */
export const FRAMING: readonly HttpAttack[] = [
  ...CODINGS.flatMap((coding) => [
    post(
      `${JSON.stringify(coding)} beside a length, hidden by chunks`,
      [`Content-Length: ${5 + HIDDEN.length}`, coding],
      `0\r\n\r\n${HIDDEN}`,
    ),
    post(
      `${JSON.stringify(coding)} beside a length, hidden by the length`,
      ['Content-Length: 4', coding],
      `3c\r\n${WHOLE}\r\n0\r\n\r\n`,
    ),
  ]),
  ...LENGTHS.map((length) => post(JSON.stringify(length), [length], WHOLE)),
  ...Object.entries(CHUNKS).map(([name, body]) => post(name, [CHUNKED], body + WHOLE)),
  post('the body of a judged request is its body', [BYTES, LENGTH(WHOLE)], WHOLE, ['POST /public/a']),
  post('in chunks as well', [BYTES, CHUNKED], `${WHOLE.length.toString(16)}\r\n${WHOLE}\r\n0\r\n\r\n`, [
    'POST /public/a',
  ]),
  post('what follows a judged request is judged', ['Content-Length: 0'], WHOLE, ['POST /public/a']),
  post('a trailer is not sent as a header', [BYTES, CHUNKED], '0\r\nX-Role: admin\r\n\r\n', [
    'POST /public/a',
  ]),
  post('a body in HTTP/1.0 chunks', ['Connection: keep-alive'], '', ['POST /public/a']),
  ...['GET', 'HEAD', 'POST'].flatMap((method): readonly HttpAttack[] =>
    [LENGTH(WHOLE), CHUNKED].map((framing) => ({
      name: `CL.0: a ${method} with a body that is a request, by ${framing}, where a rule denies bodies`,
      bytes: (head) =>
        head(`${method} /shop/public/bodiless/a HTTP/1.1`, BYTES, framing) +
        (framing === CHUNKED ? `${WHOLE.length.toString(16)}\r\n${WHOLE}\r\n0\r\n\r\n` : WHOLE),
    })),
  ),
  {
    name: 'CL.0: a GET with a body says how long it is',
    bytes: (head) => head('GET /shop/public/a HTTP/1.1', BYTES, LENGTH(WHOLE)) + WHOLE,
    reaches: ['GET /public/a'],
  },
  {
    name: 'chunks in HTTP/1.0',
    bytes: (head) => `${head('POST /shop/public/a HTTP/1.0', CHUNKED)}0\r\n\r\n${WHOLE}`,
  },
  {
    name: 'a hidden request behind a body beyond the window',
    bytes: (head) => {
      const body = 'x'.repeat(20_000);
      return `${head('POST /shop/public/a HTTP/1.1', BYTES, LENGTH(body))}${body}${WHOLE}`;
    },
    reaches: ['POST /public/a'],
  },
  {
    name: 'a denied body beyond the window that holds a request',
    bytes: (head) => {
      const body = `${'x'.repeat(20_000)}\r\n\r\n${head('GET /shop/public/hidden HTTP/1.1')}`;
      return head('POST /shop/forbidden HTTP/1.1', LENGTH(body)) + body;
    },
  },
  {
    name: 'an expectation that is not met, and a body that is a request',
    bytes: (head) => head('POST /shop/public/a HTTP/1.1', 'Expect: 200-ok', LENGTH(WHOLE)) + WHOLE,
  },
  {
    name: '100-continue, and a body that is a request, sent at once',
    bytes: (head) =>
      head('POST /shop/public/a HTTP/1.1', BYTES, 'Expect: 100-continue', LENGTH(WHOLE)) + WHOLE,
    reaches: ['POST /public/a'],
  },
  {
    name: '100-continue twice',
    bytes: (head) =>
      head('POST /shop/public/a HTTP/1.1', 'Expect: 100-continue', 'Expect: 100-continue', LENGTH(WHOLE)) +
      WHOLE,
  },
  {
    name: '100-continue of a denied request, and a body that is a request with a token',
    bytes: (head) => {
      const hidden = head('GET /shop/public/hidden HTTP/1.1');
      return head('POST /shop/forbidden HTTP/1.1', 'Expect: 100-continue', LENGTH(hidden)) + hidden;
    },
  },
  {
    name: 'an upgrade to h2c, and a request of it',
    bytes: (head) =>
      head(
        'GET /shop/public/a HTTP/1.1',
        'Connection: Upgrade, HTTP2-Settings',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
      ) + WHOLE,
    reaches: ['GET /public/a'],
  },
  {
    name: 'the preface of HTTP/2',
    bytes: (head) => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${head('GET /shop/public/a HTTP/1.1')}`,
  },
  { name: 'HTTP/0.9', bytes: () => 'GET /shop/public/a\r\n' },
  {
    name: 'a CONNECT, and a request in the tunnel',
    bytes: (head) => head('CONNECT gateway:80 HTTP/1.1') + WHOLE,
  },
  ...['authorization', 'host', 'content-length', 'te, content-length'].map((option) =>
    request(
      `an option of the connection: ${option}`,
      'GET /shop/public/a HTTP/1.1',
      `Connection: keep-alive, ${option}`,
    ),
  ),
  request('a line feed in a value', 'GET /shop/public/a HTTP/1.1', 'X: a\nX-Role: admin'),
  request('a CR in a value', 'GET /shop/public/a HTTP/1.1', 'X: a\rX-Role: admin'),
  request('a NUL in a value', 'GET /shop/public/a HTTP/1.1', 'X: a\0b'),
  request('a folded line', 'GET /shop/public/a HTTP/1.1', 'X: a', ' X-Role: admin'),
  request('a name with a blank', 'GET /shop/public/a HTTP/1.1', 'X Role: admin'),
  request('a name of nothing', 'GET /shop/public/a HTTP/1.1', ': admin'),
  request('a line without a colon', 'GET /shop/public/a HTTP/1.1', 'X-Role'),
  request('two spaces', 'GET  /shop/public/a HTTP/1.1'),
  request('a second version', 'GET /shop/public/a HTTP/1.1 HTTP/1.1'),
  request('a tab for a space', 'GET\t/shop/public/a HTTP/1.1'),
  request('an LF in the target', 'GET /shop/public/a\nX: HTTP/1.1'),
  request('HTTP/1.2', 'GET /shop/public/a HTTP/1.2'),
  request('http in lower case', 'GET /shop/public/a http/1.1'),
];
