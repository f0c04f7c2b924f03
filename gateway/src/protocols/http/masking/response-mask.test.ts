import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { HeadPairs } from './response-facts.ts';
import { drive, masked, maskOf } from './testing/drive.ts';

const EMAIL = [{ columns: ['*.email'] }];
const limits = { valueBytes: 64, windowBytes: 65_536 };

describe('JSON', () => {
  it('P5: masks a field by its name at any depth, in lists, twice, in any case and with escapes', async () => {
    const body = String.raw`{ "email": "a@b.co", "x": [ {"Email":"c", "y":{"EMAIL" : 5}} ], "email":"d", "e\u006dail": "f", "keep": [1, "a@b.co"] }`;
    expect(await masked(EMAIL, body)).toBe(
      String.raw`{ "email": "[redacted]", "x": [ {"Email":"[redacted]", "y":{"EMAIL" : "[redacted]"}} ], "email":"[redacted]", "e\u006dail": "[redacted]", "keep": [1, "a@b.co"] }`,
    );
  });

  it('P5: replaces objects and lists as a whole, or leaf by leaf where the method is made of the value', async () => {
    const body = '{"email":{"a":["x@y.zz",{"b":"}]"}]},"z":1}';
    expect(await masked(EMAIL, body)).toBe('{"email":"[redacted]","z":1}');
    expect(await masked([{ columns: ['email'], method: 'null' }], body)).toBe('{"email":null,"z":1}');
    const partial = await masked([{ columns: ['email'], method: 'partial' }], body);
    expect(partial).not.toContain('x@y.zz');
    expect(JSON.parse(partial)).toMatchObject({
      email: { a: [expect.any(String), { b: expect.any(String) }] },
    });
  });

  it('P5: reads `customers.email` from the right: the field around it, if there is one', async () => {
    const body = '{"customers":[{"email":"a"}],"orders":{"email":"b"},"email":"c"}';
    expect(await masked([{ columns: ['customers.email'] }], body)).toBe(
      '{"customers":[{"email":"[redacted]"}],"orders":{"email":"b"},"email":"[redacted]"}',
    );
  });

  it('P5: takes a value without a name for any field', async () => {
    expect(await masked(EMAIL, '["a@b.co", 5, null, {"id": 1}]')).toBe(
      '["[redacted]", "[redacted]", null, {"id": 1}]',
    );
    expect(await masked(EMAIL, '"a@b.co"')).toBe('"[redacted]"');
  });

  it('P5: follows paths from the root and from the fields that columns mean', async () => {
    const masks = [{ columns: ['*.profile'], paths: ['contact.email', 'cards[*].number'] }];
    const body = '{"profile":{"contact":{"email":"a"},"x":"b"},"cards":[{"number":"1","k":2}],"email":"c"}';
    expect(await masked(masks, body)).toBe(
      '{"profile":{"contact":{"email":"[redacted]"},"x":"b"},"cards":[{"number":"[redacted]","k":2}],"email":"c"}',
    );
  });

  it('P5: replaces what detectors find in strings, names and numbers', async () => {
    const body = '{"note":"mail bob@example.com now","bob@example.com":1,"n":"a \\"secret\\" b"}';
    expect(await masked([{ detect: ['email', 'word'] }], body)).toBe(
      '{"note":"mail [email] now","[email]":1,"n":"a \\"[word]\\" b"}',
    );
  });

  it('the strictest mask of a field wins', async () => {
    const masks = [
      { columns: ['*.email'], method: 'partial' as const },
      { columns: ['user.email'], method: 'null' as const },
    ];
    expect(await masked(masks, '{"user":{"email":"x@example.com"}}')).toBe('{"user":{"email":null}}');
  });

  it('P10: replaces a value over the bound unread, and lets other fields of any size through', async () => {
    const long = 'x'.repeat(1000);
    const mask = maskOf(
      [
        { columns: ['*.email'], method: 'partial' },
        { columns: ['*.note'], detect: ['word'] },
      ],
      { limits },
    );
    const body = Buffer.from(`{"email":"${long}","free":"${long}","note":"${long}"}`);
    const out = (await drive(mask, body, { cuts: [5, 50, 500, 1500] })).toString();
    expect(out).toBe(`{"email":"[redacted]","free":"${long}","note":"[redacted]"}`);
    expect(mask.summary()).toMatchObject({ oversized: 2 });
  });

  it.each([
    '{"a":1',
    '{"a" 1}',
    '{a:1}',
    '[1,]',
    '{"a":1}{"b":2}',
    "{'a':1}",
    '{"a":NaN}',
    '"\u0000"',
    ")]}',\n{}",
    '{"a":1,}',
    '[1}',
    '{"a":"\\x"',
    '{"\\x":1}',
    '/* c */ {}',
  ])('P5: refuses what is no JSON: %j', async (body) => {
    await expect(masked(EMAIL, body)).rejects.toThrow(/JSON/);
  });

  it('P10: refuses nesting without end', async () => {
    await expect(masked(EMAIL, '['.repeat(100_000))).rejects.toThrow(/JSON/);
    await expect(masked(EMAIL, `{"email":${'['.repeat(100_000)}`)).rejects.toThrow(/JSON/);
  });

  it('reads values that follow one another: NDJSON and JSON text sequences', async () => {
    expect(await masked(EMAIL, '{"email":"a"}\n{"id":1}\n', 'application/x-ndjson')).toBe(
      '{"email":"[redacted]"}\n{"id":1}\n',
    );
    expect(await masked(EMAIL, '\u001e{"email":"a"}\n', 'application/json-seq')).toBe(
      '\u001e{"email":"[redacted]"}\n',
    );
    expect(await masked(EMAIL, '', 'application/x-ndjson')).toBe('');
  });

  it('P5: sees through the aliases of GraphQL, and masks by them too', async () => {
    const leaves = [
      { response: ['c', 'x'], field: 'Query.customer.email' },
      { response: ['c', 'id'], field: 'Query.customer.id' },
      { response: ['c', 'p'], field: 'Query.customer.profile' },
    ];
    const body = '{"data":{"c":{"x":"a@b.co","id":1,"p":{"email":"z"}}},"errors":[{"message":"m"}]}';
    const expected =
      '{"data":{"c":{"x":"[redacted]","id":1,"p":{"email":"[redacted]"}}},"errors":[{"message":"m"}]}';
    expect(await masked(EMAIL, body, 'application/graphql-response+json', { leaves })).toBe(expected);
    expect(
      await masked([{ columns: ['customer.email', 'profile.email'] }], body, 'application/json', { leaves }),
    ).toBe(expected);
    expect(await masked([{ columns: ['*.customer'] }], body, 'application/json', { leaves })).toBe(
      '{"data":{"c":"[redacted]"},"errors":[{"message":"m"}]}',
    );
  });
});

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
    expect(await masked(EMAIL, '\ufeffdata: {"email":"a"}\n\n', 'text/event-stream')).toBe('\n\n');
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

describe('codings', () => {
  const body = Buffer.from(
    JSON.stringify({ email: 'bob@example.com', list: Array.from({ length: 5000 }, (_, i) => i) }),
  );
  const expected = body.toString().replace('bob@example.com', '[redacted]');

  it.each([
    ['gzip', gzipSync(body)],
    ['X-GZip', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['deflate', deflateRawSync(body)],
    ['br', brotliCompressSync(body)],
    ['zstd', zstdCompressSync(body)],
    ['identity', body],
  ])('undoes %s, whatever the pieces', async (coding, coded) => {
    const fields: HeadPairs = [
      ['Content-Type', 'application/json'],
      ['Content-Encoding', coding],
    ];
    expect((await drive(maskOf(EMAIL), coded, { fields })).toString()).toBe(expected);
    expect((await drive(maskOf(EMAIL), coded, { fields, cuts: [1, 2, 10, 100, 101] })).toString()).toBe(
      expected,
    );
  });

  it('P5: refuses codings that it cannot undo, and bodies that are not in theirs', async () => {
    const fields = (coding: string): HeadPairs => [
      ['content-type', 'application/json'],
      ['content-encoding', coding],
    ];
    for (const coding of ['compress', 'gzip, br', 'aes128gcm', 'toString']) {
      await expect(drive(maskOf(EMAIL), body, { fields: fields(coding) })).rejects.toThrow(/coding/);
    }
    await expect(drive(maskOf(EMAIL), body, { fields: fields('gzip') })).rejects.toThrow(/coding/);
    await expect(
      drive(maskOf(EMAIL), gzipSync(body).subarray(0, 60), { fields: fields('gzip') }),
    ).rejects.toThrow();
  });

  it('P10: breaks a body off that was made to expand, and hands on piece by piece', async () => {
    const bomb = gzipSync(
      Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(40 * 1024 * 1024, 0x78), Buffer.from('"}')]),
    );
    const mask = maskOf(EMAIL);
    mask.head({
      status: 200,
      fields: [
        ['content-type', 'application/json'],
        ['content-encoding', 'gzip'],
      ],
      hasBody: true,
    });
    let largest = 0;
    let total = 0;
    const sink = (bytes: Buffer): Promise<void> => {
      largest = Math.max(largest, bytes.length);
      total += bytes.length;
      return Promise.resolve();
    };
    await expect(mask.body(bomb, sink)).rejects.toThrow(/200 times/);
    mask.close();
    expect(largest).toBeLessThan(256 * 1024);
    expect(total).toBeLessThan(17 * 1024 * 1024);
  });
});

describe('heads', () => {
  it('P5: masks fields and cookies by name and content, and drops what tells of the bytes', () => {
    const mask = maskOf([{ columns: ['"x-user"', '*.session'] }, { detect: ['email'] }]);
    const fields: HeadPairs = [
      ['Content-Type', 'application/json'],
      ['Content-Length', '10'],
      ['Content-Encoding', 'gzip'],
      ['ETag', '"abc"'],
      ['Content-MD5', 'x'],
      ['Repr-Digest', 'x'],
      ['Accept-Ranges', 'bytes'],
      ['X-User', 'bob'],
      ['Link', '<https://h/?m=bob@example.com>'],
      ['Set-Cookie', 'session=abc; Path=/; HttpOnly'],
      ['Set-Cookie', 'theme=dark'],
    ];
    expect(mask.head({ status: 200, fields, hasBody: true })).toEqual({
      reason: '',
      isWithheld: false,
      fields: [
        ['Content-Type', 'application/json'],
        ['X-User', '[redacted]'],
        ['Link', '<https://h/?m=[email]>'],
        ['Set-Cookie', 'session=[redacted]; Path=/; HttpOnly'],
        ['Set-Cookie', 'theme=dark'],
      ],
    });
  });

  it('P5: nothing that is put in place can end a field or add one', () => {
    const mask = maskOf([
      { columns: ['"x-user"', '*.session'], method: 'fixed', value: 'a\r\nX-Evil: 1; b' },
    ]);
    const fields: HeadPairs = [
      ['X-User', 'bob'],
      ['Set-Cookie', 'session=abc'],
    ];
    expect(mask.fields(fields)).toEqual([
      ['X-User', 'redacted'],
      ['Set-Cookie', 'session=redacted'],
    ]);
    expect(maskOf([{ columns: ['"x-user"'], method: 'null' }]).fields([['X-User', 'bob']])).toEqual([]);
  });

  it('refuses parts: ranges, deltas, other protocols', () => {
    const mask = maskOf(EMAIL);
    expect(mask.before([['Range', 'bytes=0-1']])?.message).toContain('Range');
    expect(mask.before([['A-IM', 'vcdiff']])).toBeDefined();
    expect(mask.before([['Upgrade', 'websocket']])).toBeDefined();
    expect(mask.before([['Accept', '*/*']])).toBeUndefined();
    for (const status of [206, 226, 101]) {
      expect(() => mask.head({ status, fields: [], hasBody: false })).toThrow(/parts/);
    }
  });

  it('P5: refuses to compare validators, which may be digests of what is masked', () => {
    const mask = maskOf(EMAIL);
    expect(mask.before([['If-None-Match', '"0cc175b9"']])?.message).toContain('validators');
    expect(mask.before([['if-match', '"a", "b"']])).toBeDefined();
    expect(mask.before([['If-Range', '"a"']])).toBeDefined();
    expect(mask.before([['If-None-Match', '*']])).toBeUndefined();
    expect(
      mask.before([
        ['If-None-Match', '*'],
        ['If-None-Match', '"a"'],
      ]),
    ).toBeDefined();
  });

  it('P5: withholds the page of a redirect or an error that cannot be masked, and keeps what it says', async () => {
    const mask = maskOf(EMAIL);
    const fields: HeadPairs = [
      ['Content-Type', 'text/html'],
      ['Content-Encoding', 'compress'],
      ['Location', '/x'],
    ];
    expect(mask.head({ status: 302, fields, hasBody: true })).toEqual({
      reason: '',
      fields: [['Location', '/x']],
      isWithheld: true,
    });
    const seen: Buffer[] = [];
    const sink = (bytes: Buffer): Promise<void> => Promise.resolve(void seen.push(bytes));
    await mask.body(Buffer.from('bob@example.com'), sink);
    await mask.end(sink);
    expect(seen).toEqual([]);
    expect(() => maskOf(EMAIL).head({ status: 200, fields, hasBody: true })).toThrow();
    expect(await masked(EMAIL, '')).toBe('');
  });

  it('has no body where none was announced, and tells what it did without values', async () => {
    const mask = maskOf([...EMAIL, { columns: ['*.note'], detect: ['word'] }]);
    await drive(
      mask,
      Buffer.from('{"customers":[{"email":"bob"},{"email":"eve"}],"bob@x.yy":{"email":1},"note":"secret"}'),
    );
    expect(mask.summary()).toEqual({
      columns: [
        { column: 'customers.email', rule: 'r0', method: 'redact', values: 2 },
        { column: '{…}.email', rule: 'r0', method: 'redact', values: 1 },
      ],
      detectors: { word: 1 },
      oversized: 0,
    });
    const none = maskOf(EMAIL);
    none.head({ status: 204, fields: [], hasBody: false });
    await expect(none.body(Buffer.from('x'), () => Promise.resolve())).rejects.toThrow(/no.*body|body/);
    expect(none.summary()).toBeUndefined();
  });
});
