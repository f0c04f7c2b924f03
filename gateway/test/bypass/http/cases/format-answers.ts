/** The other formats in which a value could leave. */
import { CANARY, type MaskAttack, ok, PERSON, table, wide } from './answer.ts';

const references = [...CANARY].map((sign) => `&#${sign.charCodeAt(0)};`).join('');
const percent = [...CANARY].map((sign) => `%${sign.charCodeAt(0).toString(16)}`).join('');

const CSV: Readonly<Record<string, string>> = {
  'a quoted header': `"id","email"\r\n1,"${CANARY}"\r\n`,
  'a header in upper case': `ID,EMAIL\n1,${CANARY}\n`,
  'a header with blanks': `id, email \n1,${CANARY}\n`,
  'a header behind a byte order mark': `\ufeffemail,id\n${CANARY},1\n`,
  semicolons: `id;email\n1;${CANARY}\n`,
  'no header': `1,${CANARY}\n`,
  'more values than names': `id,email\n1,x,${CANARY}\n`,
  'a value in two lines': `id,email\n1,"${CANARY}\nx"\n`,
  'one column': `email\n${CANARY}\n`,
  'an empty line in front': `\nid,email\n1,${CANARY}\n`,
};

const EVENTS: Readonly<Record<string, string>> = {
  'one line': `data: ${PERSON}\n\n`,
  'no blank': `data:${PERSON}\n\n`,
  'many lines': `data: {"id":1,\ndata: "email":\ndata: "${CANARY}"}\n\n`,
  CRLF: `event: x\r\ndata: ${PERSON}\r\n\r\n`,
  CR: `event: x\rdata: ${PERSON}\r\r`,
  'a mixture of line ends': `data: {"id":1,\rdata: "email":\r\ndata: "${CANARY}"}\n\n`,
  'no end': `data: ${PERSON}`,
  'text that is no JSON': `data: mail ${CANARY}\n\n`,
  'JSON with text behind': `data: ${PERSON} x\n\n`,
  'half of JSON': `data: {"email":"${CANARY}\n\n`,
  'a list': `data: ["${CANARY}"]\n\n`,
};

const XML: Readonly<Record<string, string>> = {
  'an element': `<p><email>${CANARY}</email></p>`,
  'in upper case': `<p><EMAIL>${CANARY}</EMAIL></p>`,
  'an attribute': `<p email="${CANARY}"/>`,
  'an attribute in single quotes': `<p email='${CANARY}'/>`,
  'a section': `<p><email><![CDATA[${CANARY}]]></email></p>`,
  references: `<p><email>${references}</email></p>`,
  'an element in it': `<p><email><b>${CANARY}</b></email></p>`,
  'with a prefix': `<p xmlns:x="u"><x:email>${CANARY}</x:email></p>`,
  'with blanks': `<p><email\n >${CANARY}</email ></p>`,
  'the root': `<email>${CANARY}</email>`,
};

const FORMS: Readonly<Record<string, string>> = {
  plain: `id=1&email=${CANARY}`,
  escaped: `id=1&email=${percent}`,
  'an escaped name': `id=1&%65mail=${CANARY}`,
  'in brackets': `user[email]=${CANARY}`,
  'in upper case': `EMAIL=${CANARY}`,
  twice: `email=x&email=${CANARY}`,
};

/** All of the other formats. */
export const FORMAT_ANSWERS: readonly MaskAttack[] = [
  ...table('text/csv', 'masked', CSV),
  ...table('text/event-stream', 'masked', EVENTS),
  ...table('text/csv', 'broken', {
    'JSON in it': `${PERSON}\n`,
    'a NUL in a name': `id,em\0ail\n1,${CANARY}\n`,
  }),
  ...table(
    'text/event-stream',
    { columns: 'without', detectors: 'masked' },
    {
      'a field that is none': `email: ${CANARY}\n\n`,
      'a line without a field': `${CANARY}\n\n`,
      'a comment': `: ${CANARY}\n\n`,
      'JSON in a comment': `: ${PERSON}\n\n`,
      'a name of an event': `event: ${CANARY}\ndata: {}\n\n`,
      'an id': `id: ${CANARY}\ndata: {}\n\n`,
      'a time to wait': `retry: ${CANARY}\n\n`,
    },
  ),
  ...table('application/xml', 'masked', XML),
  ...table(
    'application/xml',
    { columns: 'without', detectors: 'masked' },
    {
      'an element in a comment': `<p><!-- <email>${CANARY}</email> --></p>`,
      'an instruction': `<p><?email ${CANARY}?></p>`,
      'a comment in front': `<!-- ${CANARY} --><p/>`,
    },
  ),
  ...table('application/xml', 'broken', {
    'text behind the root': `<p/>${CANARY}`,
    'a section behind the root': `<p/><![CDATA[${CANARY}]]>`,
    'a second root': `<p/><q>${CANARY}</q>`,
    'an entity': `<!DOCTYPE p [<!ENTITY e "${CANARY}">]><p><email>&e;</email></p>`,
    'a document type': `<!DOCTYPE p SYSTEM "${CANARY}"><p/>`,
    'UTF-7 that it declares': `<?xml version="1.0" encoding="UTF-7"?><p>+ADw-email+AD4-${CANARY}+ADw-/email+AD4-</p>`,
    'UTF-16': wide(`<p><email>${CANARY}</email></p>`),
  }),
  ...[
    'text/plain',
    'text/html',
    'text/csv',
    'text/event-stream',
    'application/x-www-form-urlencoded',
  ].flatMap((type): readonly MaskAttack[] => {
    const outcome = { columns: /plain|html/.test(type) ? 'refused' : 'broken', detectors: 'broken' } as const;
    return [
      { name: `${type}: UTF-16`, outcome, answer: ok(type, wide(`mail ${CANARY}`)) },
      {
        name: `${type}: UTF-16 without its mark`,
        outcome,
        answer: ok(type, wide(`mail ${CANARY}`).subarray(2)),
      },
    ];
  }),
  ...Object.entries({
    'an escape of scripts': CANARY.replace('@', '\\u0040'),
    'an escape of a byte': CANARY.replace('@', '\\x40'),
    'a named reference': CANARY.replace('@', '&commat;'),
    'a reference in hexadecimal': CANARY.replace('@', '&#x40'),
    'an escape of URLs': CANARY.replace('@', '%40'),
  }).map(
    ([name, text]): MaskAttack => ({
      name: `text/html: ${name}`,
      by: 'detectors',
      outcome: 'masked',
      answer: ok('text/html', `<script>"${text}"</script>`),
    }),
  ),
  ...table('application/x-www-form-urlencoded', 'masked', FORMS),
];
