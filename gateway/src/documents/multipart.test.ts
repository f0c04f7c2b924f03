import { describe, expect, it } from 'vitest';
import { readMultipart } from './multipart.ts';

const lines = (...parts: readonly string[]): Buffer => Buffer.from(parts.join('\r\n'));
const field = 'Content-Disposition: form-data; name="a"';

describe('a multipart form', () => {
  it('tells names, files, types and sizes, and the text of short fields', () => {
    const body = lines(
      '--b',
      'Content-Disposition: form-data; name="note"',
      '',
      'hello',
      '--b',
      'Content-Disposition: form-data; name="file"; filename="a%22b.png"',
      'Content-Type: image/png',
      '',
      'PNG\r\n\r\n-- b',
      '--b--',
      '',
    );
    expect(readMultipart(body, 'b')).toEqual({
      ok: true,
      value: [
        { name: 'note', size: 5, value: 'hello' },
        { name: 'file', filename: 'a"b.png', type: 'image/png', size: 11 },
      ],
    });
  });

  it('may be empty', () => {
    expect(readMultipart(lines('--b--'), 'b')).toEqual({ ok: true, value: [] });
  });

  it.each<[string, Buffer]>([
    ['a preamble', lines('hidden', '--b', field, '', 'x', '--b--')],
    ['an epilogue', lines('--b', field, '', 'x', '--b--', '--b', field, '', 'y', '--b--')],
    ['no end', lines('--b', field, '', 'x')],
    ['no end after a part', lines('--b', field, '', 'x', '--b', '')],
    [
      'a delimiter after a bare LF',
      Buffer.from(`--b\r\n${field}\r\n\r\nx\n--b\r\n${field}\r\n\r\ny\r\n--b--`),
    ],
    ['a delimiter with a bare LF behind', Buffer.from(`--b\n${field}\n\nx\n--b--`)],
    ['a longer boundary that begins alike', lines('--b', field, '', 'x', '--bc', field, '', 'y', '--b--')],
    ['a boundary in the middle of a line', lines('--b', field, '', 'x --b y', '--b--')],
    ['white space behind a delimiter', lines('--b ', field, '', 'x', '--b--')],
    ['two names', lines('--b', `${field}; name="c"`, '', 'x', '--b--')],
    ['two names in different case', lines('--b', `${field}; NAME="c"`, '', 'x', '--b--')],
    ['two dispositions', lines('--b', field, 'content-disposition: form-data; name="c"', '', 'x', '--b--')],
    ['no disposition', lines('--b', 'Content-Type: text/plain', '', 'x', '--b--')],
    ['no name', lines('--b', 'Content-Disposition: form-data; filename="x"', '', 'x', '--b--')],
    ['a name without quotes', lines('--b', 'Content-Disposition: form-data; name=a', '', 'x', '--b--')],
    ['an encoded file name', lines('--b', `${field}; filename*=UTF-8''x`, '', 'x', '--b--')],
    ['a backslash in a name', lines('--b', 'Content-Disposition: form-data; name="a\\"b"', '', 'x', '--b--')],
    ['a folded head', lines('--b', 'Content-Disposition: form-data;', ' name="a"', '', 'x', '--b--')],
    ['a transfer encoding', lines('--b', field, 'Content-Transfer-Encoding: base64', '', 'eA==', '--b--')],
    [
      'another charset',
      lines('--b', 'Content-Disposition: form-data; name="_charset_"', '', 'utf-7', '--b--'),
    ],
    ['a head without end', lines('--b', field, '--b--')],
    ['another disposition', lines('--b', 'Content-Disposition: attachment; name="a"', '', 'x', '--b--')],
    ['nothing', Buffer.alloc(0)],
    ['a head that is too long', lines('--b', field, `X: ${'y'.repeat(9000)}`, '', 'x', '--b--')],
    ['too many parts', lines('--b', ...Array.from({ length: 300 }, () => [field, '', 'x', '--b']).flat())],
  ])('P3: refuses %s', (_name, body) => {
    expect(readMultipart(body, 'b').ok).toBe(false);
  });

  it.each([undefined, '', 'a ', 'a\r\nb', 'x'.repeat(71), 'ü'])('P3: refuses the boundary %j', (boundary) => {
    expect(readMultipart(lines(`--${boundary}--`), boundary).ok).toBe(false);
  });
});
