import { describe, expect, it } from 'vitest';
import { drive, masked, maskOf } from '../testing/drive.ts';

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

  it('P5: sees what is written once more inside of a string: HTML, or JSON', async () => {
    const hidden = [
      'a&#64;b.co',
      'a&commat;b.co',
      'a\\u0040b.co',
      'a\\x40b.co',
      '<a href="mailto:&#97;&#64;b.co">x</a>',
    ];
    for (const text of hidden) {
      const out = await masked([{ detect: ['email'] }], JSON.stringify({ note: `Äö ${text} &amp; more` }));
      expect(JSON.parse(out)).toEqual({ note: expect.stringMatching(/^Äö .*\[email\].* &amp; more$/) });
      expect(out).not.toContain('b.co');
    }
    expect(await masked([{ detect: ['email'] }], '{"q":"a & b &lt; \\n"}')).toBe('{"q":"a & b &lt; \\n"}');
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
    await expect(masked(EMAIL, body)).rejects.toThrow(/JSON|no text/);
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
