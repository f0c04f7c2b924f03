import { describe, expect, it } from 'vitest';
import { readJson } from './json.ts';

const json = (text: string): ReturnType<typeof readJson> => readJson(Buffer.from(text));

describe('JSON', () => {
  it.each([
    '{"a":[1,-0.5,1e3,true,false,null,"\\u00e9\\n"],"b":{}}',
    ' [ ] ',
    '0',
    '"x"',
    '{"constructor":1,"toString":2}',
    '1.50',
    '9007199254740992',
    '1E+2',
    '0.1',
    '"\\ud83d\\ude00"',
  ])('reads %s as JSON.parse does', (text) => {
    expect(json(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it.each([
    ['{"amount":1,"amount":900}', 'members of the same name'],
    ['{"amount":1,"Amount":900}', 'members of the same name'],
    ['{"a\\u006dount":1,"amount":900}', 'members of the same name'],
    ['{"k":1,"\u212a":2}', 'members of the same name'],
    ['{"__proto__":{"admin":true}}', 'prototype'],
    ['{"name\\u0000x":1}', 'NUL'],
    ['9007199254740993', 'exactly'],
    ['1e400', 'exactly'],
    ['1e-400', 'exactly'],
    ['100.000000000000000000001', 'exactly'],
    [`1${'0'.repeat(500)}`, 'exactly'],
    ['"\\ud800"', 'surrogate'],
    ['"\\udc00\\ud800"', 'surrogate'],
    ['\ufeff{}', 'no JSON'],
    ['{} {}', 'behind'],
    ['{"a":1,}', 'no JSON'],
    ['[1,]', 'no JSON'],
    ["{'a':1}", 'no JSON'],
    ['{a:1}', 'no JSON'],
    ['// x\n{}', 'no JSON'],
    ['NaN', 'no JSON'],
    ['Infinity', 'no JSON'],
    ['01', 'behind'],
    ['+1', 'no JSON'],
    ['"a\nb"', 'no JSON'],
    ['"open', 'no JSON'],
    ['"\\', 'no JSON'],
    ['', 'no JSON'],
    ['\u00a0{}', 'no JSON'],
  ])('P3: refuses %j', (text, reason) => {
    expect(json(text)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) as string });
  });

  it('P3: refuses bytes that are no UTF-8', () => {
    expect(readJson(Buffer.from([0x22, 0xc0, 0xaf, 0x22]))).toMatchObject({ ok: false });
  });

  it('P10: nesting and size are bounded', () => {
    expect(json('['.repeat(64) + ']'.repeat(64)).ok).toBe(true);
    expect(json('['.repeat(100_000))).toMatchObject({ ok: false, reason: 'JSON nested deeper than 64' });
    expect(json(`[${'1,'.repeat(60_000)}1]`)).toMatchObject({ ok: false });
    expect(json(`"${'\\n'.repeat(500_000)}"`).ok).toBe(true);
  });

  it('reasons hold nothing of the text', () => {
    const answer = json('{"secret-value":1,"secret-value":2}');
    expect(JSON.stringify(answer)).not.toContain('secret-value');
  });
});
