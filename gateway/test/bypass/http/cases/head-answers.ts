/** Codings, heads and trailers in which a value could leave, and requests that ask for it in unusual ways. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { CANARY, chunked, latin1, type MaskAttack, ok, PERSON, status } from './answer.ts';

const JSON_TYPE = 'application/json';

const CODED: readonly MaskAttack[] = (
  [
    ['gzip', gzipSync(PERSON), 'masked'],
    ['X-GZIP', gzipSync(PERSON), 'masked'],
    ['deflate', deflateSync(PERSON), 'masked'],
    ['br', brotliCompressSync(PERSON), 'masked'],
    ['zstd', zstdCompressSync(PERSON), 'masked'],
    ['identity', Buffer.from(PERSON), 'masked'],
    ['gzip, gzip', gzipSync(gzipSync(PERSON)), 'refused'],
    ['gzip, identity', gzipSync(PERSON), 'masked'],
    ['compress', Buffer.from(PERSON), 'refused'],
    ['gzip', Buffer.from(PERSON), 'broken'],
    ['gzip', Buffer.concat([gzipSync('{"id":1}'), Buffer.from(PERSON)]), 'broken'],
    ['gzip', Buffer.concat([gzipSync('{"id":1,'), gzipSync(`"email":"${CANARY}"}`)]), 'masked'],
    [
      'zstd',
      Buffer.concat([zstdCompressSync('{"id":1,'), zstdCompressSync(`"email":"${CANARY}"}`)]),
      'broken',
    ],
    ['gzip', gzipSync(PERSON).subarray(0, -4), 'broken'],
    ['identity', gzipSync(PERSON), 'broken'],
  ] as const
).map(([coding, body, outcome], index) => ({
  name: `coded ${index}: ${coding}`,
  outcome,
  answer: ok(JSON_TYPE, body, `Content-Encoding: ${coding}`),
}));

const HEADS: readonly MaskAttack[] = [
  { name: 'a field of the head', outcome: 'masked', answer: ok(JSON_TYPE, '{}', `Email: ${CANARY}`) },
  { name: 'a field twice', outcome: 'masked', answer: ok(JSON_TYPE, '{}', 'Email: x', `EMAIL: ${CANARY}`) },
  { name: 'a cookie', outcome: 'masked', answer: ok(JSON_TYPE, '{}', `Set-Cookie: email=${CANARY}; Path=/`) },
  {
    name: 'a cookie in quotes',
    outcome: 'masked',
    answer: ok(JSON_TYPE, '{}', `Set-Cookie: EMAIL="${CANARY}"`),
  },
  {
    name: 'an attribute of a cookie',
    by: 'detectors',
    outcome: 'masked',
    answer: ok(JSON_TYPE, '{}', `Set-Cookie: a=b; Comment=${CANARY}`),
  },
  { name: 'an ETag', outcome: 'without', answer: ok(JSON_TYPE, '{}', `ETag: "${CANARY}"`) },
  {
    name: 'a digest',
    outcome: 'without',
    answer: ok(JSON_TYPE, '{}', `Content-Digest: ${CANARY}`, `Digest: ${CANARY}`, `Content-MD5: ${CANARY}`),
  },
  {
    name: 'a link',
    by: 'detectors',
    outcome: 'masked',
    answer: ok(JSON_TYPE, '{}', `Link: <https://a.example/?q=${CANARY}>; rel=next`),
  },
  {
    name: 'a place',
    by: 'detectors',
    outcome: 'masked',
    answer: status('302 Found', JSON_TYPE, '{}', `Location: /a?email=${CANARY}`),
  },
  {
    name: 'a file name',
    by: 'detectors',
    outcome: 'masked',
    answer: ok(JSON_TYPE, '{}', `Content-Disposition: attachment; filename="${CANARY}"`),
  },
  {
    name: 'a warning',
    by: 'detectors',
    outcome: 'masked',
    answer: ok(JSON_TYPE, '{}', `Warning: 199 - "${CANARY}"`),
  },
  {
    name: 'the name of a cookie',
    by: 'detectors',
    outcome: 'without',
    answer: ok(JSON_TYPE, '{}', `Set-Cookie: ${CANARY}=x`),
  },
  {
    name: 'what frames a message',
    by: 'detectors',
    outcome: 'without',
    answer: ok(JSON_TYPE, '{}', `Vary: ${CANARY}`, `Date: ${CANARY}`, `Keep-Alive: ${CANARY}`),
  },
  {
    name: 'a parameter of the type',
    by: 'detectors',
    outcome: 'without',
    answer: ok(`${JSON_TYPE}; profile="${CANARY}"`, '{}'),
  },
  { name: 'the reason', outcome: 'without', answer: status(`200 ${CANARY}`, JSON_TYPE, '{}') },
  {
    name: 'an interim answer',
    outcome: 'without',
    answer: Buffer.concat([
      latin1(`HTTP/1.1 103 Early Hints\r\nEmail: ${CANARY}\r\n\r\n`),
      ok(JSON_TYPE, '{}'),
    ]),
  },
  { name: 'an answer of an error', outcome: 'masked', answer: status('500 Oops', JSON_TYPE, PERSON) },
  {
    name: 'a page of an error',
    outcome: { columns: 'without', detectors: 'masked' },
    answer: status('404 Not Found', 'text/html', `<p>${CANARY}</p>`),
  },
  { name: 'an error without a type', outcome: 'without', answer: status('400 Bad Request', '', CANARY) },
  {
    name: 'a page of a redirect',
    outcome: { columns: 'without', detectors: 'masked' },
    answer: status('301 Moved', 'text/html', `<a href="/a">${CANARY}</a>`, 'Location: /a'),
  },
  {
    name: 'a part that nobody asked for',
    outcome: 'refused',
    answer: status('206 Partial Content', JSON_TYPE, PERSON, 'Content-Range: bytes 0-9/10'),
  },
  {
    name: 'a difference that nobody asked for',
    outcome: 'refused',
    answer: status('226 IM Used', JSON_TYPE, PERSON),
  },
  { name: 'a type twice', outcome: 'refused', answer: ok(JSON_TYPE, PERSON, 'Content-Type: text/plain') },
  { name: 'a length twice', outcome: 'refused', answer: ok(JSON_TYPE, PERSON, 'Content-Length: 2') },
  { name: 'a folded field', outcome: 'refused', answer: ok(JSON_TYPE, '{}', 'X: a', ` ${CANARY}`) },
  { name: 'a line feed in a field', outcome: 'refused', answer: ok(JSON_TYPE, '{}', `X: a\nY: ${CANARY}`) },
  {
    name: 'a chunk extension',
    outcome: 'broken',
    answer: latin1(
      `HTTP/1.1 200 OK\r\nContent-Type: ${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n2;email=${CANARY}\r\n{}\r\n0\r\n\r\n`,
    ),
  },
  { name: 'chunks of one byte', outcome: 'masked', answer: chunked(JSON_TYPE, [...PERSON]) },
  {
    name: 'a trailer',
    outcome: 'masked',
    fields: ['TE: trailers'],
    answer: chunked(JSON_TYPE, ['{}'], `Email: ${CANARY}\r\n\r\n`, 'Trailer: Email\r\n'),
  },
  {
    name: 'a trailer that nobody asked for',
    outcome: 'without',
    answer: chunked(JSON_TYPE, ['{}'], `Email: ${CANARY}\r\n\r\n`),
  },
  {
    name: 'a trailer that frames',
    outcome: 'broken',
    fields: ['TE: trailers'],
    answer: chunked(JSON_TYPE, ['{}'], `Content-Length: 5\r\nEmail: ${CANARY}\r\n\r\n`),
  },
  {
    name: 'a second answer',
    outcome: 'without',
    answer: Buffer.concat([ok(JSON_TYPE, '{}'), ok('text/plain', CANARY)]),
  },
  {
    name: 'bytes behind the answer',
    outcome: 'without',
    answer: Buffer.concat([ok(JSON_TYPE, '{}'), latin1(CANARY)]),
  },
  {
    name: 'an upgrade that nobody asked for',
    outcome: 'refused',
    answer: latin1(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n${CANARY}`),
  },
  {
    name: 'a body that lasts to the end',
    outcome: 'masked',
    answer: latin1(`HTTP/1.0 200 OK\r\nContent-Type: ${JSON_TYPE}\r\n\r\n${PERSON}`),
  },
  { name: 'an answer of HTTP/0.9', outcome: 'refused', answer: latin1(CANARY) },
];

const ASKED: readonly MaskAttack[] = [
  {
    name: 'HEAD: no length of it',
    outcome: 'without',
    method: 'HEAD',
    answer: latin1(
      `HTTP/1.1 200 OK\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: 97\r\nETag: "97"\r\n\r\n`,
    ),
  },
  { name: 'a range', outcome: 'denied', fields: ['Range: bytes=0-9'], answer: ok(JSON_TYPE, PERSON) },
  {
    name: 'a range of another unit',
    outcome: 'denied',
    fields: ['Range: items=0-9'],
    answer: ok(JSON_TYPE, PERSON),
  },
  {
    name: 'a guess by If-None-Match',
    outcome: 'denied',
    fields: ['If-None-Match: "97"'],
    answer: status('304 Not Modified', '', ''),
  },
  {
    name: 'a guess by If-Match',
    outcome: 'denied',
    fields: ['If-Match: "97"'],
    answer: ok(JSON_TYPE, PERSON),
  },
  {
    name: 'a guess by If-Range',
    outcome: 'denied',
    fields: ['If-Range: "97"'],
    answer: ok(JSON_TYPE, PERSON),
  },
  { name: 'a difference', outcome: 'denied', fields: ['A-IM: vcdiff'], answer: ok(JSON_TYPE, PERSON) },
  {
    name: 'a comparison by its own name',
    by: 'columns',
    outcome: 'denied',
    target: '?email=canary',
    answer: ok(JSON_TYPE, '[]'),
  },
  {
    name: 'a comparison by its own name, in brackets',
    by: 'columns',
    outcome: 'denied',
    target: '?filter[email]=canary',
    answer: ok(JSON_TYPE, '[]'),
  },
  {
    name: 'a comparison by its own name, with dots',
    by: 'columns',
    outcome: 'denied',
    target: '?user.email=canary',
    answer: ok(JSON_TYPE, '[]'),
  },
  {
    name: 'a comparison by its own name, in upper case',
    by: 'columns',
    outcome: 'denied',
    target: '?EMAIL=canary',
    answer: ok(JSON_TYPE, '[]'),
  },
  {
    name: 'a call around it',
    outcome: { columns: 'refused', detectors: 'masked' },
    target: '?callback=cb',
    answer: ok('application/javascript', `cb(${PERSON})`),
  },
  {
    name: 'other codings',
    outcome: 'masked',
    fields: ['Accept-Encoding: compress, *;q=0.1'],
    answer: ok(JSON_TYPE, PERSON),
  },
  { name: 'in HTTP/1.0', outcome: 'masked', fields: [], answer: ok(JSON_TYPE, PERSON) },
];

/** All of codings, heads and requests. */
export const HEAD_ANSWERS: readonly MaskAttack[] = [...CODED, ...HEADS, ...ASKED];
