import { describe, expect, it } from 'vitest';
import { valueAt } from './json-pointer.ts';
import { readJsonRpc } from './json-rpc.ts';
import { isJson, readMediaType } from './media-type.ts';
import { readPairs, valuesByName, writePairs } from './pairs.ts';

describe('pairs', () => {
  it('keeps order and duplicates, and decodes once', () => {
    const read = readPairs('a=1&b=%2B+x&a=%252e&&c&d=&%61=2');
    expect(read.ok && valuesByName(read.value)).toEqual({
      a: ['1', '%2e', '2'],
      b: ['+ x'],
      c: [''],
      d: [''],
    });
    expect(read.ok && writePairs(read.value)).toBe('a=1&b=%2B%20x&a=%252e&c&d=&a=2');
  });

  it.each(['a=1;b=2', 'a=%', 'a=%4', 'a=%zz', 'a=%00', 'a=%c0%af', 'a=%ff', 'a=é', 'a=\t', 'a= b'])(
    'P3: refuses %j',
    (text) => {
      expect(readPairs(text).ok).toBe(false);
    },
  );

  it('P10: the number of pairs is bounded', () => {
    expect(readPairs('a&'.repeat(999)).ok).toBe(true);
    expect(readPairs('&'.repeat(100_000)).ok).toBe(false);
  });

  it('names of prototypes are names', () => {
    const read = readPairs('__proto__=1&toString=2');
    expect(read.ok && Object.keys(valuesByName(read.value))).toEqual(['__proto__', 'toString']);
  });
});

describe('media types', () => {
  it.each([
    ['application/json', true],
    ['Application/JSON; Charset=UTF-8', true],
    ['application/problem+json', true],
    ['application/json; charset="utf-8"', true],
    ['text/json', false],
    ['application/x-json', false],
  ])('%s is JSON: %s', (text, expected) => {
    const type = readMediaType(text);
    expect(type.ok && isJson(type.value)).toBe(expected);
  });

  it.each([
    '',
    'json',
    'application/json, text/plain',
    'application/json; charset=utf-8; charset=utf-7',
    'multipart/form-data; boundary=a; BOUNDARY=b',
    'multipart/form-data; boundary="a\\"b"',
    'a/b;c',
    'application/json;',
  ])('P3: refuses %j', (text) => {
    expect(readMediaType(text).ok).toBe(false);
  });
});

describe('JSON-RPC', () => {
  it('reads calls and batches', () => {
    expect(readJsonRpc({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x' } })).toEqual({
      ok: true,
      value: [{ method: 'tools/call', params: { name: 'x' }, isNotification: false }],
    });
    const batch = readJsonRpc([
      { jsonrpc: '2.0', method: 'a' },
      { jsonrpc: '2.0', id: null, method: 'b', params: [] },
    ]);
    expect(batch.ok && batch.value.map(({ method }) => method)).toEqual(['a', 'b']);
  });

  it.each([
    [[]],
    [[[]]],
    [{ jsonrpc: '2.0', Method: 'a' }],
    [{ jsonrpc: '2.0', method: 'a', extra: 1 }],
    [{ jsonrpc: '1.0', method: 'a' }],
    [{ method: 'a' }],
    [{ jsonrpc: '2.0', method: 1 }],
    [{ jsonrpc: '2.0', method: 'a', params: 'x' }],
    [{ jsonrpc: '2.0', method: 'a\u0000' }],
    [{ jsonrpc: '2.0', id: 1, result: {} }],
    [Array.from({ length: 51 }, () => ({ jsonrpc: '2.0', method: 'a' }))],
  ])('P3: refuses %j', (value) => {
    expect(readJsonRpc(value).ok).toBe(false);
  });
});

describe('a JSON pointer', () => {
  it.each([
    ['', { 'a/b': [{ '~': 1 }] }],
    ['/a~1b/0/~0', 1],
    ['/a~1b/00', undefined],
    ['/a~1b/length', undefined],
    ['/toString', undefined],
    ['a', undefined],
  ])('%s', (pointer, expected) => {
    expect(valueAt({ 'a/b': [{ '~': 1 }] }, pointer)).toEqual(expected);
  });
});
