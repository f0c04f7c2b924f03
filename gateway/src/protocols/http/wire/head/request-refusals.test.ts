import { describe, expect, it } from 'vitest';
import { WireError } from '../errors.ts';
import { REQUEST_LIMITS } from '../limits.ts';
import { latin1, readRequests } from '../testing/read-messages.ts';

type Row = readonly [name: string, raw: string, code: string, status?: number];

const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;

function refusal(raw: string): WireError {
  const { failure } = readRequests([latin1(raw)]);
  expect(failure).toBeInstanceOf(WireError);
  return failure instanceof WireError
    ? failure
    : new WireError('ERR_HTTP1_MISUSE', '', { source: 'internal', offset: 0 });
}

function refuses(rows: readonly Row[]): void {
  const cases = rows.map(([name, raw, code, status = 400]) => ({ name, raw, code, status }));
  it.each(cases)('P3: refuses $name', ({ raw, code, status }) => {
    const error = refusal(raw);
    expect({ code: error.code, status: error.status, source: error.source }).toEqual({
      code,
      status,
      source: 'downstream',
    });
  });
}

describe('lines (RFC 9112 section 2.2)', () => {
  refuses([
    ['a request line that ends with LF', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 'ERR_HTTP1_BARE_LF'],
    ['a field line that ends with LF', 'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n', 'ERR_HTTP1_BARE_LF'],
    ['an empty line of LF alone', 'GET / HTTP/1.1\r\nHost: a\r\n\n', 'ERR_HTTP1_BARE_LF'],
    ['LF twice before the head is complete', 'GET / HTTP/1.1\n\n', 'ERR_HTTP1_BARE_LF'],
    ['a CR inside a value', `${HEAD}X: a\rb\r\n\r\n`, 'ERR_HTTP1_BARE_CR'],
    ['a CR before CRLF', `${HEAD}X: a\r\r\n\r\n`, 'ERR_HTTP1_BARE_CR'],
    ['a CR inside a name', `${HEAD}X\ra: b\r\n\r\n`, 'ERR_HTTP1_BARE_CR'],
    ['a CR in the target', 'GET /\r HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_BARE_CR'],
    ['a NUL in a value', `${HEAD}X: a\0b\r\n\r\n`, 'ERR_HTTP1_CONTROL'],
    ['a NUL in the target', 'GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_CONTROL'],
    ['a vertical tab in a value', `${HEAD}X: a\x0bb\r\n\r\n`, 'ERR_HTTP1_CONTROL'],
    ['DEL in a value', `${HEAD}X: a\x7fb\r\n\r\n`, 'ERR_HTTP1_CONTROL'],
    ['an empty line before the request', `\r\n${HEAD}\r\n`, 'ERR_HTTP1_EMPTY_LINE'],
    ['a TLS handshake', '\x16\x03\x01\x02\x00', 'ERR_HTTP1_METHOD'],
  ]);
});

describe('request line (RFC 9112 section 3)', () => {
  refuses([
    ['a method that is no token', 'G(T / HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_METHOD'],
    ['a method of 33 bytes', `${'M'.repeat(33)} / HTTP/1.1\r\nHost: a\r\n\r\n`, 'ERR_HTTP1_METHOD', 501],
    ['a method in lower case', 'get / HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_METHOD', 501],
    [
      'a method with what is left of a body',
      'helloGET / HTTP/1.1\r\nHost: a\r\n\r\n',
      'ERR_HTTP1_METHOD',
      501,
    ],
    ['a leading space', ' GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_METHOD'],
    ['two spaces behind the method', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_REQUEST_LINE'],
    ['a tab behind the method', 'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_CONTROL'],
    ['a space in the target', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_REQUEST_LINE'],
    ['a space behind the version', 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n', 'ERR_HTTP1_REQUEST_LINE'],
    ['HTTP/0.9', 'GET /\r\n\r\n', 'ERR_HTTP1_REQUEST_LINE'],
    ['another protocol', 'GET / ICE/1.0\r\nHost: a\r\n\r\n', 'ERR_HTTP1_REQUEST_LINE'],
    ['a version in lower case', 'GET / http/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_REQUEST_LINE'],
    ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', 'ERR_HTTP1_VERSION', 505],
    ['HTTP/01.1', 'GET / HTTP/01.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_REQUEST_LINE'],
    ['HTTP/1.10', 'GET / HTTP/1.10\r\nHost: a\r\n\r\n', 'ERR_HTTP1_REQUEST_LINE'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'ERR_HTTP1_VERSION', 505],
    ['a fragment', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_TARGET'],
    ['a backslash', 'GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_TARGET'],
    ['a byte beyond ASCII in the target', 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_TARGET'],
    ['a quote in the target', 'GET /" HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_TARGET'],
    ['a percent sign without digits', 'GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_TARGET'],
    ['a percent sign at the end', 'GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_TARGET'],
    ['a target without its slash', 'GET a HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_TARGET'],
    ['an asterisk for another method', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_TARGET'],
    ['another scheme', 'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_TARGET'],
    ['CONNECT with a path', 'CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['CONNECT without a port', 'CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_TARGET'],
    [
      'a target over its limit',
      `GET /${'a'.repeat(8192)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      'ERR_HTTP1_TOO_LONG',
      414,
    ],
    ['a first line that does not end', `GET /${'a'.repeat(9000)}`, 'ERR_HTTP1_TOO_LONG', 414],
  ]);
});

describe('field lines (RFC 9112 section 5)', () => {
  refuses([
    ['obs-fold with a space', `${HEAD}X: a\r\n b\r\n\r\n`, 'ERR_HTTP1_FOLD'],
    ['obs-fold with a tab', `${HEAD}X: a\r\n\tb\r\n\r\n`, 'ERR_HTTP1_FOLD'],
    ['whitespace before the first field', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 'ERR_HTTP1_FOLD'],
    ['a space before the colon', `${HEAD}X : a\r\n\r\n`, 'ERR_HTTP1_FIELD_NAME'],
    ['a tab before the colon', `${HEAD}X\t: a\r\n\r\n`, 'ERR_HTTP1_FIELD_NAME'],
    ['an empty name', `${HEAD}: a\r\n\r\n`, 'ERR_HTTP1_FIELD_NAME'],
    ['a line without a colon', `${HEAD}abc\r\n\r\n`, 'ERR_HTTP1_FIELD_NAME'],
    ['a name with a bracket', `${HEAD}X[0]: a\r\n\r\n`, 'ERR_HTTP1_FIELD_NAME'],
    ['a name beyond ASCII', `${HEAD}X\xe9: a\r\n\r\n`, 'ERR_HTTP1_FIELD_NAME'],
    ['a pseudo-header', `${HEAD}:path: /b\r\n\r\n`, 'ERR_HTTP1_FIELD_NAME'],
    [
      'a name with an underscore (CVE-2025-64484)',
      `${HEAD}Content_Length: 5\r\n\r\n`,
      'ERR_HTTP1_FIELD_NAME',
    ],
    ['a name over its limit', `${HEAD}${'x'.repeat(129)}: a\r\n\r\n`, 'ERR_HTTP1_TOO_LONG', 431],
    ['too many fields', `${HEAD}${'x: a\r\n'.repeat(100)}\r\n`, 'ERR_HTTP1_TOO_LONG', 431],
    ['a head over its limit', `${HEAD}x: ${'a'.repeat(REQUEST_LIMITS.headBytes)}`, 'ERR_HTTP1_TOO_LONG', 431],
    ['Authorization twice', `${HEAD}Authorization: a\r\nauthorization: b\r\n\r\n`, 'ERR_HTTP1_DUPLICATE'],
    ['Content-Type twice', `${HEAD}Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n`, 'ERR_HTTP1_DUPLICATE'],
    [
      'Cookie twice (RFC 6265 section 5.4)',
      `${HEAD}Cookie: a=1\r\nCookie: a=2\r\n\r\n`,
      'ERR_HTTP1_DUPLICATE',
    ],
  ]);
});

describe('Host (RFC 9112 section 3.2)', () => {
  refuses([
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['no Host in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['two Hosts', `${HEAD}Host: b\r\n\r\n`, 'ERR_HTTP1_DUPLICATE'],
    ['two equal Hosts', `${HEAD}Host: a\r\n\r\n`, 'ERR_HTTP1_DUPLICATE'],
    ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['user information', 'GET / HTTP/1.1\r\nHost: b@a\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['a path in Host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['a list in Host', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['percent-encoding in Host', 'GET / HTTP/1.1\r\nHost: a%2eb\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['a byte beyond ASCII in Host', 'GET / HTTP/1.1\r\nHost: \xe9\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['an empty label', 'GET / HTTP/1.1\r\nHost: a..b\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['a leading dot', 'GET / HTTP/1.1\r\nHost: .a\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['an empty port', 'GET / HTTP/1.1\r\nHost: a:\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['a port that is no number', 'GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['a port out of range', 'GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['an unclosed bracket', 'GET / HTTP/1.1\r\nHost: [::1\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['an IPv6 zone', 'GET / HTTP/1.1\r\nHost: [fe80::1%25en0]\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['no address in brackets', 'GET / HTTP/1.1\r\nHost: [a]\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['a host of 256 bytes', `GET / HTTP/1.1\r\nHost: ${'a'.repeat(256)}\r\n\r\n`, 'ERR_HTTP1_HOST'],
    ['a target for another host', 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['a target for another port', 'GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['a target with user information', 'GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['a target without a host', 'GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['CONNECT to another host', 'CONNECT b:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 'ERR_HTTP1_HOST'],
    ['CONNECT to another port', 'CONNECT a:443 HTTP/1.1\r\nHost: a:80\r\n\r\n', 'ERR_HTTP1_HOST'],
  ]);
});

describe('framing (RFC 9112 section 6)', () => {
  const length = (value: string): string => `${POST}Content-Length: ${value}\r\n\r\nhello`;
  const coding = (value: string): string => `${POST}Transfer-Encoding: ${value}\r\n\r\n0\r\n\r\n`;
  refuses([
    [
      'two lengths that differ',
      `${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`,
      'ERR_HTTP1_DUPLICATE',
    ],
    ['two equal lengths', `${POST}Content-Length: 5\r\nContent-Length: 5\r\n\r\n`, 'ERR_HTTP1_DUPLICATE'],
    ...['+5', '-5', '5,5', '5, 5', '5 5', '0x5', '5.0', '1e1', '', '05', '"5"', '5;'].map(
      (value): Row => [`a length of ${JSON.stringify(value)}`, length(value), 'ERR_HTTP1_CONTENT_LENGTH'],
    ),
    ['a length of 2^53', length('9007199254740992'), 'ERR_HTTP1_CONTENT_LENGTH'],
    ['a length of 2^64', length('18446744073709551616'), 'ERR_HTTP1_CONTENT_LENGTH'],
    [
      'length and coding',
      `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'ERR_HTTP1_FRAMING',
    ],
    [
      'coding and length',
      `${POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n`,
      'ERR_HTTP1_FRAMING',
    ],
    [
      'two codings',
      `${POST}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'ERR_HTTP1_DUPLICATE',
    ],
    ['chunked twice', coding('chunked, chunked'), 'ERR_HTTP1_TRANSFER_ENCODING'],
    ['gzip, chunked', coding('gzip, chunked'), 'ERR_HTTP1_TRANSFER_ENCODING'],
    ['chunked, gzip', coding('chunked, gzip'), 'ERR_HTTP1_TRANSFER_ENCODING'],
    ['chunked with a parameter', coding('chunked;q=1'), 'ERR_HTTP1_TRANSFER_ENCODING'],
    ['chunked in quotes', coding('"chunked"'), 'ERR_HTTP1_TRANSFER_ENCODING'],
    ['an empty element', coding(',chunked'), 'ERR_HTTP1_TRANSFER_ENCODING'],
    ['identity', coding('identity'), 'ERR_HTTP1_TRANSFER_ENCODING', 501],
    ['gzip', coding('gzip'), 'ERR_HTTP1_TRANSFER_ENCODING', 501],
    ['an empty coding', coding(''), 'ERR_HTTP1_TRANSFER_ENCODING', 501],
    [
      'a coding in HTTP/1.0',
      'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
      'ERR_HTTP1_TRANSFER_ENCODING',
    ],
    [
      'CONNECT with a body',
      'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 5\r\n\r\nhello',
      'ERR_HTTP1_FRAMING',
    ],
    [
      'TRACE with a body',
      'TRACE / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
      'ERR_HTTP1_FRAMING',
    ],
    ['an end within a body', `${POST}Content-Length: 5\r\n\r\nhell`, 'ERR_HTTP1_TRUNCATED'],
    ['an end within a head', 'GET / HT', 'ERR_HTTP1_TRUNCATED'],
    ['an end within a chunk', `${CHUNKED}5\r\nhel`, 'ERR_HTTP1_TRUNCATED'],
    ['an end before the last chunk', `${CHUNKED}5\r\nhello\r\n`, 'ERR_HTTP1_TRUNCATED'],
  ]);
});

describe('chunks (RFC 9112 section 7.1)', () => {
  refuses([
    ['a chunk extension', `${CHUNKED}5;a=b\r\nhello\r\n0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['an extension without a name', `${CHUNKED}5;\r\nhello\r\n0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['an extension of the last chunk', `${CHUNKED}0;a\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['a space behind the size', `${CHUNKED}5 \r\nhello\r\n0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['a space before the size', `${CHUNKED} 5\r\nhello\r\n0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['no size', `${CHUNKED}\r\nhello\r\n0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['a plus sign', `${CHUNKED}+5\r\nhello\r\n0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['a minus sign', `${CHUNKED}-5\r\nhello\r\n0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['0x', `${CHUNKED}0x5\r\nhello\r\n0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['an underscore', `${CHUNKED}1_0\r\nhello\r\n0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['nine digits', `${CHUNKED}000000005\r\nhello\r\n0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['a size of 2^64', `${CHUNKED}10000000000000000\r\n`, 'ERR_HTTP1_CHUNK'],
    ['LF behind the size', `${CHUNKED}5\nhello\r\n0\r\n\r\n`, 'ERR_HTTP1_BARE_LF'],
    ['CR and data behind the size', `${CHUNKED}5\rhello\r\n0\r\n\r\n`, 'ERR_HTTP1_BARE_CR'],
    ['data over the size', `${CHUNKED}4\r\nhello\r\n0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['LF behind the data', `${CHUNKED}5\r\nhello\n0\r\n\r\n`, 'ERR_HTTP1_BARE_LF'],
    ['CR and no LF behind the data', `${CHUNKED}5\r\nhello\rX0\r\n\r\n`, 'ERR_HTTP1_BARE_CR'],
    ['no line end behind the data', `${CHUNKED}5\r\nhello0\r\n\r\n`, 'ERR_HTTP1_CHUNK'],
    ['LF behind the last chunk', `${CHUNKED}0\r\n\n`, 'ERR_HTTP1_BARE_LF'],
    ['data behind the last chunk', `${CHUNKED}0\r\nhello\r\n\r\n`, 'ERR_HTTP1_FIELD_NAME'],
    ['data behind the body', `${CHUNKED}0\r\n\r\n\x01`, 'ERR_HTTP1_METHOD'],
    ['a trailer that frames', `${CHUNKED}0\r\nContent-Length: 5\r\n\r\n`, 'ERR_HTTP1_TRAILER'],
    ['a trailer that codes', `${CHUNKED}0\r\nTransfer-Encoding: chunked\r\n\r\n`, 'ERR_HTTP1_TRAILER'],
    ['a trailer that routes', `${CHUNKED}0\r\nHost: b\r\n\r\n`, 'ERR_HTTP1_TRAILER'],
    ['a trailer that authenticates', `${CHUNKED}0\r\nAuthorization: b\r\n\r\n`, 'ERR_HTTP1_TRAILER'],
    ['a trailer that sets a cookie', `${CHUNKED}0\r\nSet-Cookie: b\r\n\r\n`, 'ERR_HTTP1_TRAILER'],
    ['a folded trailer', `${CHUNKED}0\r\nX: a\r\n b\r\n\r\n`, 'ERR_HTTP1_FOLD'],
    ['too many trailers', `${CHUNKED}0\r\n${'x: a\r\n'.repeat(33)}\r\n`, 'ERR_HTTP1_TOO_LONG', 431],
    ['trailers over their limit', `${CHUNKED}0\r\nx: ${'a'.repeat(8192)}`, 'ERR_HTTP1_TOO_LONG', 431],
  ]);
});

describe('Connection, Upgrade, Expect (RFC 9110 sections 7.6.1, 7.8 and 10.1.1)', () => {
  const connection = (value: string): string => `${HEAD}Connection: ${value}\r\n\r\n`;
  refuses([
    ['an option that is no token', connection('close; x'), 'ERR_HTTP1_CONNECTION'],
    ['an option with a space', connection('keep alive'), 'ERR_HTTP1_CONNECTION'],
    [
      '17 options',
      connection(Array.from({ length: 17 }, (_, index) => `o${index}`).join(',')),
      'ERR_HTTP1_CONNECTION',
    ],
    ['an option that would remove Authorization', connection('close, Authorization'), 'ERR_HTTP1_CONNECTION'],
    ['an option that would remove Host', connection('host'), 'ERR_HTTP1_CONNECTION'],
    ['an option that would remove Content-Length', connection('content-length'), 'ERR_HTTP1_CONNECTION'],
    ['an option that would remove Cookie', connection('Cookie'), 'ERR_HTTP1_CONNECTION'],
    [
      'a malformed protocol',
      `${HEAD}Connection: upgrade\r\nUpgrade: web socket\r\n\r\n`,
      'ERR_HTTP1_CONNECTION',
    ],
    ['an empty protocol', `${HEAD}Connection: upgrade\r\nUpgrade:\r\n\r\n`, 'ERR_HTTP1_CONNECTION'],
    [
      'Upgrade twice',
      `${HEAD}Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n\r\n`,
      'ERR_HTTP1_DUPLICATE',
    ],
    ['another expectation', `${POST}Expect: 200-ok\r\n\r\n`, 'ERR_HTTP1_EXPECT', 417],
    ['two expectations', `${POST}Expect: 100-continue, x\r\n\r\n`, 'ERR_HTTP1_EXPECT', 417],
  ]);
});
