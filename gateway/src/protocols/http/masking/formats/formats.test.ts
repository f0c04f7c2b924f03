import { describe, expect, it } from 'vitest';
import { drive, masked, maskOf } from '../testing/drive.ts';

const EMAIL = [{ columns: ['*.email'] }];

describe('other formats', () => {
  it('P5: CSV: by the names of the header, quoted or not; values without names are masked', async () => {
    const csv = 'id,E-Mail,note\r\n1,"a,""b""@c.dd",x\r\n2,b@c.dd,"y\nz"\r\n3,c,d,extra\r\n';
    expect(await masked([{ columns: ['"e-mail"'] }], csv, 'text/csv')).toBe(
      'id,E-Mail,note\r\n1,"[redacted]",x\r\n2,[redacted],"y\nz"\r\n3,[redacted],d,[redacted]\r\n',
    );
    expect(await masked(EMAIL, 'id;email\n1;x', 'text/csv; charset=utf-8')).toBe('id;email\n1;[redacted]');
    expect(await masked(EMAIL, '1,a@b.co\n2,c@d.ee\n', 'text/csv')).toBe(
      '[redacted],[redacted]\n[redacted],[redacted]\n',
    );
    expect(
      await masked(
        [{ columns: ['email'], method: 'null' }],
        'id\temail\n1\tx\n',
        'text/tab-separated-values',
      ),
    ).toBe('id\temail\n1\t\n');
  });

  it.each([
    'id,email\n1,a"b,c"d\n',
    'id,email\r1,x\r',
    'a,b;c\n1,2;3\n',
    'id,email\n1,"open\n',
    'id,email\n1,"x"y\n',
  ])('P5: CSV that can be read in more than one way is refused: %j', async (csv) => {
    await expect(masked(EMAIL, csv, 'text/csv')).rejects.toThrow(/CSV/);
  });

  it('P10: a table of many short values in one piece is masked like a small one', async () => {
    const csv = `id,email,x\n${'1,a@b.co,hello\n'.repeat(30_000)}`;
    const out = await masked(EMAIL, csv, 'text/csv');
    expect(out).toBe(csv.replaceAll('a@b.co', '[redacted]'));
  });

  it('P5: events: JSON by its fields, other data as a value without a name', async () => {
    const sse = ': hi\nevent: x\ndata: {"email":\ndata: "a"}\n\ndata: [DONE]\n\ndata: plain\r\n\r\nid: 1\n';
    expect(await masked(EMAIL, sse, 'text/event-stream')).toBe(
      ': hi\nevent: x\ndata: {"email":\ndata: "[redacted]"}\n\ndata: [DONE]\n\ndata: [redacted]\r\n\r\nid: 1\n',
    );
    expect(await masked(EMAIL, '\ufeffdata: {"email":"a"}\n\n', 'text/event-stream')).toBe(':\n\n');
    expect(await masked([{ detect: ['email'] }], 'data: to a@b.co\n\n', 'text/event-stream')).toBe(
      'data: to [email]\n\n',
    );
  });

  it('hands an event out as soon as it is complete', async () => {
    const mask = maskOf(EMAIL);
    mask.head({ status: 200, fields: [['content-type', 'text/event-stream']], hasBody: true });
    const seen: string[] = [];
    const sink = (bytes: Buffer): Promise<void> => Promise.resolve(void seen.push(bytes.toString()));
    await mask.body(Buffer.from('data: {"email":"a"}\n'), sink);
    expect(seen.join('')).toBe('');
    await mask.body(Buffer.from('\ndata: {"em'), sink);
    expect(seen.join('')).toBe('data: {"email":"[redacted]"}\n\n');
    await mask.end(sink);
    expect(seen.join('')).toBe('data: {"email":"[redacted]"}\n\ndata: [redacted]\n');
  });

  it('P5: data of an event that only begins like JSON is a value without a name', async () => {
    const sse = 'data: [info] bob@example.com\n\n';
    expect(await masked([{ detect: ['email'] }], sse, 'text/event-stream')).toBe('data: [info] [email]\n\n');
    expect(await masked(EMAIL, sse, 'text/event-stream')).toBe('data: [redacted]\n\n');
    expect(await masked(EMAIL, 'data: {"email":"a"} x\n\n', 'text/event-stream')).toBe(
      'data: [redacted]\n\n',
    );
  });

  it('P5: forms by their names, nested ones too', async () => {
    expect(
      await masked(EMAIL, 'id=1&user%5Bemail%5D=a%40b.co&x=a+b', 'application/x-www-form-urlencoded'),
    ).toBe('id=1&user%5Bemail%5D=%5Bredacted%5D&x=a+b');
    await expect(masked(EMAIL, 'email=%zz', 'application/x-www-form-urlencoded')).rejects.toThrow(/form/);
  });

  it('P5: XML by elements, attributes and content', async () => {
    const xml = '<r><customer email="a@b.co"><Email>c</Email><id>1</id></customer></r>';
    expect(await masked(EMAIL, xml, 'application/xml')).toBe(
      '<r><customer email="&#91;redacted&#93;"><Email>&#91;redacted&#93;</Email><id>1</id></customer></r>'
        .replaceAll('&#91;', '[')
        .replaceAll('&#93;', ']'),
    );
    expect(
      await masked([{ columns: ['customer.email'] }], '<customer><email>c</email></customer>', 'text/xml'),
    ).toContain('[redacted]');
    await expect(masked(EMAIL, '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', 'text/xml')).rejects.toThrow(
      /XML/,
    );
    await expect(masked([{ columns: ['*_ssn'] }], '<a/>', 'text/xml')).rejects.toThrow(/XML/);
  });

  it('P5: XML is one document in an encoding that is read, and what stands beside its elements is left out', async () => {
    const xml =
      '<?xml version="1.0" encoding="utf-8"?><!-- <email>c</email> --><r><?p email?><id>1</id></r>\n';
    expect(await masked(EMAIL, xml, 'text/xml')).toBe(
      '<?xml version="1.0" encoding="utf-8"?><r><id>1</id></r>\n',
    );
    for (const other of [
      '<r/>c',
      '<r/><q/>',
      '<r/><![CDATA[c]]>',
      '<?xml version="1.0" encoding="UTF-7"?><r/>',
    ]) {
      await expect(masked(EMAIL, other, 'text/xml')).rejects.toThrow(/XML/);
    }
    expect(await masked([{ detect: ['email'] }], '<r><!-- a@b.co --></r>', 'text/xml')).toBe(
      '<r><!-- [email] --></r>',
    );
  });

  it('P5: beside the data of events nothing is left that is more than a word', async () => {
    const sse =
      ': keep\n: {"email":"c"}\nevent: note\nid: 7\nretry: 10\nevent: a b\nid: c@d.ee\ndata: {}\n\n';
    expect(await masked(EMAIL, sse, 'text/event-stream')).toBe(
      ': keep\n:\nevent: note\nid: 7\nretry: 10\n:\n:\ndata: {}\n\n',
    );
  });

  it.each(['text/plain', 'text/csv', 'text/event-stream', 'application/json'])(
    'P5: %s in UTF-16 is refused, with its mark or without',
    async (type) => {
      const text = Buffer.from('mail a@b.co', 'utf16le').toString('latin1');
      for (const body of [text, Buffer.from('\xff\xfe\u4f60', 'latin1').toString('latin1')]) {
        const sent = drive(maskOf([{ detect: ['email'] }]), Buffer.from(body, 'latin1'), {
          fields: [['content-type', type]],
        });
        await expect(sent).rejects.toThrow(/UTF-16/);
      }
    },
  );

  it('P5: text and HTML by what is found, also where signs are written as references', async () => {
    const detect = [{ detect: ['email'] }];
    expect(await masked(detect, 'to bob@example.com, ok', 'text/plain')).toBe('to [email], ok');
    expect(await masked(detect, '<p>bob&#64;example&period;com</p>&amp;', 'text/html')).toBe(
      '<p>[email]</p>&amp;',
    );
  });

  it.each([
    'text/plain',
    'text/html',
    'image/png',
    'application/octet-stream',
    'multipart/mixed; boundary=x',
    '',
    'application/json; charset=utf-16',
  ])('P5: refuses a body in which masked fields cannot be found: %j', async (contentType) => {
    await expect(masked(EMAIL, 'x', contentType)).rejects.toThrow(/^the response is/);
  });
});
