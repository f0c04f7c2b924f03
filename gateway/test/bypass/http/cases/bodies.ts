/** Bodies that say one thing to a rule and another to a service: JSON, forms, parts, queries, codings. Rules: see `policy.ts`. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { type HttpAttack, request } from './attack.ts';

/** A POST of a body, as bytes in Latin-1. */
export function post(
  path: string,
  type: string,
  body: string | Buffer,
  ...fields: readonly string[]
): Omit<HttpAttack, 'name'> {
  const text = typeof body === 'string' ? Buffer.from(body).toString('latin1') : body.toString('latin1');
  const head = [...(type === '' ? [] : [`Content-Type: ${type}`]), ...fields];
  return {
    bytes: (make) =>
      make(`POST /shop${path} HTTP/1.1`, ...head, `Content-Length: ${text.length}`, 'Connection: close') +
      text,
  };
}

/** JSON that is permitted at most as a refund of 100. */
const REFUNDS: Readonly<Record<string, string>> = {
  'too much': '{"amount":500}',
  'a name twice, the large one last': '{"amount":5,"amount":500}',
  'a name twice, the large one first': '{"amount":500,"amount":5}',
  'a name in another case': '{"amount":5,"Amount":500}',
  'a name with an escape': '{"amount":5,"\\u0061mount":500}',
  'a name in fullwidth letters': '{"amount":5,"ａmount":500}',
  'a name with a long s': '{"ſ":1,"S":2,"amount":5}',
  'a name cut at NUL': '{"amount":5,"amount\\u0000":500}',
  'a prototype': '{"amount":5,"__proto__":{"amount":500}}',
  'a number that wraps': '{"amount":4294967301}',
  'a number below a double': '{"amount":1e400}',
  'a number that is not exact': '{"amount":100.00000000000000001}',
  'a number that is only nearly small': '{"amount":9007199254740993}',
  'a negative number of another kind': '{"amount":-0x1}',
  'a number with a plus': '{"amount":+5}',
  'a number with leading zeros': '{"amount":0500}',
  'a number with underscores': '{"amount":5_00}',
  infinity: '{"amount":-Infinity}',
  'not a number': '{"amount":NaN}',
  'a string': '{"amount":"500"}',
  'a list': '{"amount":[500]}',
  'a list of bodies': '[{"amount":5},{"amount":500}]',
  'a comment that hides a member': '{"amount":5,/* "x":1 */"y":1}',
  'a comment to the end of the line': '{"amount":5}// ,"amount":500}',
  'single quotes': "{'amount':500}",
  'a name without quotes': '{amount:500}',
  'a comma at the end': '{"amount":5,}',
  'another text behind': '{"amount":5}{"amount":500}',
  'another line behind': '{"amount":5}\n{"amount":500}',
  'a NUL behind': '{"amount":5}\0{"amount":500}',
  'a byte order mark': '\ufeff{"amount":5}',
  'a guard in front': ')]}\',\n{"amount":5}',
  'half a surrogate pair': '{"amount":5,"x":"\\ud800"}',
  'nesting without end': `{"amount":5,"x":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
  'beyond the window': `{"amount":5,"x":"${'x'.repeat(20_000)}","amount":500}`,
};

const MANY = '{"amount":5}';
const WIDE = Buffer.from(MANY, 'utf16le');

/** The same JSON under types and codings that a service may read otherwise. */
const DISGUISES: readonly (HttpAttack | (Omit<HttpAttack, 'name'> & { readonly name: string }))[] = [
  { name: 'UTF-16', ...post('/refunds', 'application/json; charset=utf-16', WIDE) },
  { name: 'UTF-16 that says nothing', ...post('/refunds', 'application/json', WIDE) },
  {
    name: 'UTF-16 with its mark',
    ...post('/refunds', 'application/json', Buffer.concat([Buffer.of(0xff, 0xfe), WIDE])),
  },
  { name: 'UTF-7', ...post('/refunds', 'application/json; charset=utf-7', '{+ACI-amount+ACI-:5}') },
  { name: 'another character set', ...post('/refunds', 'application/json; charset=ibm037', MANY) },
  {
    name: 'two character sets',
    ...post('/refunds', 'application/json; charset=utf-8; charset=utf-16', MANY),
  },
  {
    name: 'overlong UTF-8',
    ...post('/refunds', 'application/json', Buffer.from('7b22616d6f756e74223a35c0ad7d', 'hex')),
  },
  { name: 'no type', ...post('/refunds', '', MANY) },
  { name: 'a type twice', ...post('/refunds', 'application/json', MANY, 'Content-Type: text/plain') },
  { name: 'two types in one', ...post('/refunds', 'application/json, text/plain', MANY) },
  { name: 'a form', ...post('/refunds', 'application/x-www-form-urlencoded', 'amount=5') },
  { name: 'JSON that says it is a form', ...post('/refunds', 'application/x-www-form-urlencoded', MANY) },
  { name: 'text', ...post('/refunds', 'text/plain', MANY) },
  { name: 'NDJSON', ...post('/refunds', 'application/x-ndjson', '{"amount":5}\n{"amount":500}') },
  { name: 'YAML', ...post('/refunds', 'application/yaml', 'amount: 5') },
  {
    name: 'a type with a parameter in quotes',
    ...post('/refunds', 'application/json; charset="utf-8\\""', MANY),
  },
  {
    name: 'two codings',
    ...post('/refunds', 'application/json', gzipSync(gzipSync(MANY)), 'Content-Encoding: gzip, gzip'),
  },
  { name: 'a coding that is none', ...post('/refunds', 'application/json', MANY, 'Content-Encoding: gzip') },
  { name: 'an unknown coding', ...post('/refunds', 'application/json', MANY, 'Content-Encoding: compress') },
  {
    name: 'a coding twice',
    ...post(
      '/refunds',
      'application/json',
      gzipSync(MANY),
      'Content-Encoding: gzip',
      'Content-Encoding: identity',
    ),
  },
  {
    name: 'a coding in another case',
    ...post('/refunds', 'application/json', gzipSync('{"amount":500}'), 'Content-Encoding: GZIP'),
  },
  {
    name: 'deflate without its head',
    ...post('/refunds', 'application/json', deflateRawSync(MANY), 'Content-Encoding: deflate'),
  },
  {
    name: 'two members of gzip',
    ...post(
      '/refunds',
      'application/json',
      Buffer.concat([gzipSync('{"amount":5'), gzipSync('00}')]),
      'Content-Encoding: gzip',
    ),
  },
  {
    name: 'text behind gzip',
    ...post(
      '/refunds',
      'application/json',
      Buffer.concat([gzipSync(MANY), Buffer.from('{"amount":500}')]),
      'Content-Encoding: gzip',
    ),
  },
  {
    name: 'text behind deflate',
    ...post(
      '/refunds',
      'application/json',
      Buffer.concat([deflateSync(MANY), Buffer.from(' ')]),
      'Content-Encoding: deflate',
    ),
  },
  {
    name: 'a large refund in gzip',
    ...post('/refunds', 'application/json', gzipSync('{"amount":500}'), 'Content-Encoding: gzip'),
  },
  {
    name: 'a large refund in br',
    ...post('/refunds', 'application/json', brotliCompressSync('{"amount":500}'), 'Content-Encoding: br'),
  },
  {
    name: 'a bomb',
    ...post(
      '/refunds',
      'application/json',
      gzipSync(`{"amount":5,"x":"${'x'.repeat(30_000_000)}"}`),
      'Content-Encoding: gzip',
    ),
  },
  { name: 'gzip that does not say so', ...post('/refunds', 'application/json', gzipSync(MANY)) },
];

const FORM = 'application/x-www-form-urlencoded';

/** Forms in which nobody may be more than a guest. */
const FORMS: Readonly<Record<string, string>> = {
  'an administrator': 'role=admin',
  'an administrator behind a guest': 'role=guest&role=admin',
  'an administrator in front of a guest': 'role=admin&role=guest',
  'by a semicolon': 'role=guest;role=admin',
  'with an escaped name': '%72ole=admin&role=guest',
  'with an overlong value': 'role=gu%c1%a5st',
  'with an escape that is none': 'role=guest&x=%zz',
  'without a role': 'x=1',
  'in no case': 'ROLE=admin',
  'as a list': 'role[]=admin',
  'with a NUL': 'role=guest%00admin',
  'with a plus': 'role=+guest',
};

const parts = (...heads: readonly string[]): string =>
  `${heads.map((head) => `--b\r\n${head}\r\n\r\nx\r\n`).join('')}--b--\r\n`;
const PICTURE = 'Content-Disposition: form-data; name="f"; filename="a.png"\r\nContent-Type: image/png';
const SCRIPT = 'Content-Disposition: form-data; name="f"; filename="a.php"\r\nContent-Type: image/png';

/** Uploads of what is no picture. */
const UPLOADS: Readonly<Record<string, string>> = {
  'a script': parts(SCRIPT),
  'a script behind a picture': parts(PICTURE, SCRIPT),
  'a script in the text before the first part':
    `${parts(SCRIPT).replace(/--b--\r\n$/, '')}${parts(PICTURE)}`.replace(/^--b/, 'x\r\n--b'),
  'a script in the text behind the last part': `${parts(PICTURE)}${parts(SCRIPT)}`,
  'a boundary in the middle of a line': parts(PICTURE).replace('x\r\n', `x--b\r\n${SCRIPT}\r\n\r\nx\r\n`),
  'a boundary behind LF alone': parts(PICTURE).replace('x\r\n', `x\n--b\r\n${SCRIPT}\r\n\r\nx\r\n`),
  'a boundary with blanks': parts(PICTURE).replace('x\r\n', `x\r\n--b \r\n${SCRIPT}\r\n\r\nx\r\n`),
  'LF alone': parts(PICTURE).replaceAll('\r\n', '\n'),
  'two file names': parts(PICTURE.replace('; filename', '; filename="a.php"; filename')),
  'an encoded file name beside it': parts(PICTURE.replace('.png"', ".png\"; filename*=UTF-8''a.php")),
  'a file name with a quote': parts(PICTURE.replace('a.png', 'a.php\\".png')),
  'a file name with a NUL': parts(PICTURE.replace('a.png', 'a.php\0.png')),
  'a file name without quotes': parts(PICTURE.replace('"a.png"', 'a.php;x=".png"')),
  'a file name in two lines': parts(PICTURE.replace('; filename', ';\r\n filename="a.php"; filename')),
  'a disposition twice': parts(`${PICTURE}\r\nContent-Disposition: form-data; name="f"; filename="a.php"`),
  'a type twice': parts(`${PICTURE}\r\nContent-Type: text/html`),
  'a transfer encoding': parts(`${PICTURE}\r\nContent-Transfer-Encoding: base64`),
  'a part without a disposition': parts('Content-Type: image/png'),
  'no end': parts(PICTURE).replace('--b--', ''),
};

/** GraphQL and JSON-RPC that hide what is not allowed; `ssn` is denied, and a refund of more than 100. */
const GRAPHQL: Readonly<Record<string, object | readonly object[]>> = {
  'by an alias': { query: '{ customer { name: ssn } }' },
  'by a fragment': { query: '{ customer { ...f } } fragment f on Customer { ssn }' },
  'by a fragment in a fragment': {
    query: '{ customer { ...f } } fragment f on Customer { ...g } fragment g on Customer { ssn }',
  },
  'by an inline fragment': { query: '{ customer { ... on Customer { ssn } } }' },
  'by a fragment of the root': { query: '{ ...r } fragment r on Query { admin }' },
  'in another operation': {
    query: 'query A { customer { name } } query B { customer { ssn } }',
    operationName: 'A',
  },
  'in an operation without a name beside it': { query: 'query A { customer { name } } { customer { ssn } }' },
  skipped: { query: '{ customer { name ssn @skip(if: true) } }' },
  'skipped by a variable': { query: 'query($no: Boolean = true) { customer { name ssn @skip(if: $no) } }' },
  'by a directive that is not known': { query: '{ customer { name @lookup(field: "ssn") } }' },
  'by an alias of the root': { query: '{ customer: admin { name } }' },
  'as a mutation of the name of a query': { query: 'mutation { customer { name } }' },
  'as a subscription': { query: 'subscription { customer { name } }' },
  'in a batch': [{ query: '{ customer { name } }' }, { query: '{ customer { ssn } }' }],
  'a batch in a batch': [[{ query: '{ customer { name } }' }]],
  'as a persisted query': { extensions: { persistedQuery: { version: 1, sha256Hash: 'a' } } },
  'as a persisted query beside a text': {
    query: '{ customer { name } }',
    extensions: { persistedQuery: { version: 1, sha256Hash: 'a' } },
  },
  'by the id of a document': { query: '{ customer { name } }', id: 'a' },
  'by another member': { query: '{ customer { name } }', documentId: 'a' },
  'by a query in another case': { query: '{ customer { name } }', Query: '{ customer { ssn } }' },
  'behind a comment': { query: '{ customer { name #\r ssn } }' },
  'behind a block string': { query: '{ customer(note: """ """) { name ssn } }' },
  'by introspection': { query: '{ __schema { types { name } } }' },
  'by a typename of the root': { query: '{ __type(name: "Customer") { fields { name } } }' },
  'a large refund': { query: 'mutation { refund(amount: 500) { id } }' },
  'a large refund by a variable': {
    query: 'mutation($a: Int) { refund(amount: $a) { id } }',
    variables: { a: 500 },
  },
  'a large refund by a default': { query: 'mutation($a: Int = 500) { refund(amount: $a) { id } }' },
  'a large refund by a null that has a default': {
    query: 'mutation($a: Int = 500) { refund(amount: $a) { id } }',
    variables: {},
  },
  'a large refund behind a small one': {
    query: 'mutation { a: refund(amount: 1) { id } b: refund(amount: 500) { id } }',
  },
  'a refund of no amount': { query: 'mutation { refund { id } }' },
  'a large refund in a fragment': {
    query: 'mutation { ...f } fragment f on Mutation { refund(amount: 500) { id } }',
  },
};

const call = (method: string, more: object = {}): object => ({ jsonrpc: '2.0', id: 1, method, ...more });
const CALLS: Readonly<Record<string, object | readonly object[]>> = {
  'another method': call('deleteUser'),
  'another method in a batch': [call('getUser'), call('deleteUser')],
  'a method in another case': { ...call('getUser'), Method: 'deleteUser' },
  'a method by a blank': call(' getUser'),
  'a method by a NUL': call('getUser\0deleteUser'),
  'a batch in a batch': [[call('getUser')]],
  'an empty batch': [],
  'a notification of another method': { jsonrpc: '2.0', method: 'deleteUser' },
  'no version': { id: 1, method: 'getUser' },
  'a member that is not known': call('getUser', { service: 'admin' }),
};

const table = (path: string, type: string, cases: Readonly<Record<string, unknown>>): readonly HttpAttack[] =>
  Object.entries(cases).map(([name, body]) => ({
    name: `${path}: ${name}`,
    ...post(path, type, typeof body === 'string' ? body : JSON.stringify(body)),
  }));

/** What is permitted, and so reaches the service: the other cases are not refused for anything else. */
const PERMITTED: readonly HttpAttack[] = [
  {
    name: 'a small refund',
    ...post('/refunds', 'application/json', '{"amount":5}'),
    reaches: ['POST /refunds'],
  },
  {
    name: 'a small refund in gzip',
    ...post('/refunds', 'application/json', gzipSync(MANY), 'Content-Encoding: gzip'),
    reaches: ['POST /refunds'],
  },
  { name: 'a guest', ...post('/roles', FORM, 'role=guest'), reaches: ['POST /roles'] },
  {
    name: 'a picture',
    ...post('/pictures', 'multipart/form-data; boundary=b', parts(PICTURE)),
    reaches: ['POST /pictures'],
  },
  {
    name: 'a query',
    ...post('/graphql', 'application/json', '{"query":"{ customer { name } }"}'),
    reaches: ['POST /graphql'],
  },
  {
    name: 'a small refund by GraphQL',
    ...post('/graphql', 'application/json', '{"query":"mutation { refund(amount: 5) { id } }"}'),
    reaches: ['POST /graphql'],
  },
  {
    name: 'a call',
    ...post('/rpc', 'application/json', '{"jsonrpc":"2.0","id":1,"method":"getUser"}'),
    reaches: ['POST /rpc'],
  },
  { ...request('a page', 'GET /shop/pages?tenant=mine HTTP/1.1'), reaches: ['GET /pages?tenant=mine'] },
];

const QUERIES: readonly string[] = [
  'tenant=theirs',
  'tenant=mine&tenant=theirs',
  'tenant=theirs&tenant=mine',
  'tenant=mine;tenant=theirs',
  'Tenant=theirs',
  'tenant[]=theirs',
  'tenant=mine%00theirs',
  'tenant=mine%26tenant=theirs',
  'tenant=%6dine%20',
  'tenant',
  '',
];

/** All of them. */
export const BODIES: readonly HttpAttack[] = [
  ...PERMITTED,
  ...table('/refunds', 'application/json', REFUNDS),
  ...DISGUISES,
  ...table('/roles', FORM, FORMS),
  { name: '/roles: JSON', ...post('/roles', 'application/json', '{"role":"guest"}') },
  ...table('/pictures', 'multipart/form-data; boundary=b', UPLOADS),
  {
    name: '/pictures: two boundaries',
    ...post('/pictures', 'multipart/form-data; boundary=a; boundary=b', parts(PICTURE)),
  },
  {
    name: '/pictures: a boundary in quotes with an escape',
    ...post('/pictures', 'multipart/form-data; boundary="b\\"', parts(PICTURE)),
  },
  {
    name: '/pictures: another type of parts',
    ...post('/pictures', 'multipart/mixed; boundary=b', parts(PICTURE)),
  },
  ...table('/graphql', 'application/json', GRAPHQL),
  { name: '/graphql: text', ...post('/graphql', 'application/graphql', '{ customer { name } }') },
  { name: '/graphql: a form', ...post('/graphql', FORM, 'query={customer{ssn}}') },
  {
    name: '/graphql: an upload',
    ...post(
      '/graphql',
      'multipart/form-data; boundary=b',
      parts('Content-Disposition: form-data; name="operations"'),
    ),
  },
  {
    name: '/graphql: another in the query',
    ...post(
      '/graphql?query={customer{ssn}}'.replace(/[{}]/g, encodeURIComponent),
      'application/json',
      '{"query":"{ customer { name } }"}',
    ),
  },
  request(
    '/graphql: a mutation by GET',
    `GET /shop/graphql?query=${encodeURIComponent('mutation { refund(amount: 5) { id } }')} HTTP/1.1`,
  ),
  request(
    '/graphql: a query twice',
    `GET /shop/graphql?query=${encodeURIComponent('{customer{name}}')}&query=${encodeURIComponent('{customer{ssn}}')} HTTP/1.1`,
  ),
  request('/graphql: in another case', 'POST /shop/GraphQL HTTP/1.1', 'Content-Length: 0'),
  ...table('/rpc', 'application/json', CALLS),
  ...QUERIES.map((query) => request(`/pages?${query}`, `GET /shop/pages?${query} HTTP/1.1`)),
];
