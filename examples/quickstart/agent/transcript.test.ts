import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createTranscript, formatJson, formatRows } from './transcript.ts';

it('prints without colour where there is no terminal', () => {
  const stream = new PassThrough();
  createTranscript(stream).say('Observation', 'POLICY_DENIED', true);
  expect(String(stream.read())).toBe('Observation: POLICY_DENIED\n');
});

it('sets thoughts and acts apart', () => {
  const stream = new PassThrough();
  const transcript = createTranscript(stream);
  transcript.begin('1  A masked read');
  transcript.say('Thought', 'So?');
  expect(String(stream.read())).toMatch(/^\n── 1 {2}A masked read ─+\n\nThought: {5}So\?\n$/u);
});

it('colours a refusal on a terminal', () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true });
  createTranscript(stream).say('Observation', 'POLICY_DENIED', true);
  expect(String(stream.read())).toContain('\u001b[31mPOLICY_DENIED');
});

it('lines rows up, keeps a row on its line and says how many it left out', () => {
  const rows = Array.from({ length: 14 }, (_, index) => ({ id: index, text: 'a\nb' }));
  const lines = formatRows(rows).split('\n');
  expect(lines.slice(0, 2)).toEqual(['id  text', '0   a b']);
  expect(lines.at(-1)).toBe('… 2 more');
  expect(formatRows([])).toBe('(no rows)');
});

it('shows one row with long text in full, downwards', () => {
  const body = `${'word '.repeat(30)}END`;
  expect(formatRows([{ id: 7, body }])).toBe(`id: 7\nbody: ${body}`);
});

it('shows JSON so that it can be broken, and the absence of any', () => {
  expect(formatJson({ a: [1, { b: null }], c: 'x y' })).toBe('{ "a": [ 1, { "b": null } ], "c": "x y" }');
  expect(formatJson(undefined)).toBe('(no body)');
});
