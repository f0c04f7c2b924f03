/** JSON in which a value could leave: how it is written, what is no JSON, and what it says that it is. */
import { CANARY, type MaskAttack, ok, PERSON, table, wide } from './answer.ts';

const JSON_TYPE = 'application/json';
const escaped = [...CANARY].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

/** JSON in which names and values are written in unusual ways. */
const JSON_TEXTS: Readonly<Record<string, string>> = {
  'a name in upper case': `{"EMAIL":"${CANARY}"}`,
  'a name with an escape': `{"\\u0065mail":"${CANARY}"}`,
  'a name all in escapes': `{"\\u0065\\u006D\\u0061\\u0069\\u006C":"${CANARY}"}`,
  'a value all in escapes': `{"email":"${escaped}"}`,
  'a name twice': `{"email":"x","email":"${CANARY}"}`,
  'a name twice, the other way round': `{"email":"${CANARY}","email":"x"}`,
  deep: `${'{"a":'.repeat(100)}${PERSON}${'}'.repeat(100)}`,
  'deep in lists': `${'['.repeat(100)}${PERSON}${']'.repeat(100)}`,
  'in an object': `{"email":{"value":"${CANARY}"}}`,
  'in a list': `{"email":["x","${CANARY}"]}`,
  'in a list of lists': `[["id","email"],[1,"${CANARY}"]]`,
  'as the whole': `"${CANARY}"`,
  'much white space': `{\r\n\t"email"\n:\r\n  "${CANARY}"\r\n}\r\n`,
  'behind a long value': `{"x":"${'x'.repeat(200_000)}","email":"${CANARY}"}`,
  'a value that is long': `{"email":"${'x'.repeat(2_000_000)}${CANARY}"}`,
  'behind many values': `{"x":[${'1,'.repeat(50_000)}1],"email":"${CANARY}"}`,
  'with a slash in escapes': `{"x":"\\/","email":"${CANARY}"}`,
  'behind a quote in escapes': `{"x":"\\",\\"email\\":\\"y","email":"${CANARY}"}`,
  'behind backslashes': `{"x":"\\\\","email":"${CANARY}"}`,
};

/** What says that it is JSON, and is no JSON, or not only. */
const NO_JSON: Readonly<Record<string, string | Buffer>> = {
  'a byte order mark': `\ufeff${PERSON}`,
  'a guard in front': `)]}',\n${PERSON}`,
  'a loop in front': `while(1);${PERSON}`,
  'a call around': `cb(${PERSON})`,
  comments: `{/* */"email":"${CANARY}"}`,
  'single quotes': `{'email':'${CANARY}'}`,
  'a name without quotes': `{email:"${CANARY}"}`,
  'a tab in a string': `{"x":"\t","email":"${CANARY}"}`,
  'an escape that is none': `{"x":"\\x41","email\\q":"${CANARY}"}`,
  'UTF-16': Buffer.from(PERSON, 'utf16le'),
  'UTF-16 with its mark': Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(PERSON, 'utf16le')]),
  'UTF-32': Buffer.concat([...PERSON].map((sign) => Buffer.from([sign.charCodeAt(0), 0, 0, 0]))),
  'UTF-7': PERSON.replaceAll('"', '+ACI-'),
  HTML: `<p>${CANARY}</p>`,
  'nesting without end': `${'['.repeat(100_000)}"${CANARY}"`,
  'NUL in front': `\0${PERSON}`,
};

/** The same under other types. */
const TYPES: Readonly<Record<string, MaskAttack['outcome']>> = {
  'application/json; charset=utf-8': 'masked',
  'application/json;charset="UTF-8"': 'masked',
  'APPLICATION/JSON': 'masked',
  'application/vnd.api+json': 'masked',
  'application/hal+json; profile="x"': 'masked',
  'text/json': 'masked',
  'application/json-seq': 'masked',
  'application/x-ndjson': 'masked',
  'application/json; charset=utf-16': 'refused',
  'application/json; charset=utf-7': 'refused',
  'application/json; charset=ibm037': 'refused',
  'application/octet-stream': 'refused',
  'application/pdf': 'refused',
  'image/svg': 'refused',
  'multipart/mixed; boundary=b': 'refused',
  'multipart/byteranges; boundary=b': 'refused',
  'application/x-protobuf': 'refused',
  'application/grpc': 'refused',
  'application/cbor': 'refused',
  'text/plain': { columns: 'refused', detectors: 'masked' },
  'text/html': { columns: 'refused', detectors: 'masked' },
  'text/javascript': { columns: 'refused', detectors: 'masked' },
  'application/javascript': { columns: 'refused', detectors: 'masked' },
  'application/json, text/plain': 'refused',
  'application/yaml': { columns: 'refused', detectors: 'masked' },
  '': 'refused',
  nonsense: 'refused',
};

/** All of JSON. */
export const JSON_ANSWERS: readonly MaskAttack[] = [
  ...table(JSON_TYPE, 'masked', JSON_TEXTS),
  ...table(JSON_TYPE, 'broken', NO_JSON),
  ...Object.entries(TYPES).map(([type, outcome]) => ({
    name: `JSON as ${JSON.stringify(type)}`,
    outcome,
    answer: ok(type, PERSON),
  })),
  ...[
    'application/json; charset = utf-16',
    'text/plain; charset = "utf-16"',
    'text/plain; charset=utf-8; charset=utf-16',
  ].map(
    (type): MaskAttack => ({
      name: `a type that says ${type}`,
      outcome: 'refused',
      answer: ok(type, wide(PERSON)),
    }),
  ),
  ...table('application/x-ndjson', 'masked', {
    CRLF: `{"id":1}\r\n${PERSON}\r\n`,
    CR: `{"id":1}\r${PERSON}\r`,
    'no line ends': `{"id":1}${PERSON}`,
    'empty lines': `\n\n${PERSON}\n\n`,
    scalars: `1\n"${CANARY}"\n`,
  }),
];
