import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PublishedSchema, schemaProblems } from './schemas.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'sallyport-schemas-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const schema = (breaking: readonly string[] = []): PublishedSchema => ({
  file: 'some.json',
  generate: async () => ({ words: ['a', 'b'] }),
  breaking: () => breaking,
});
const kept = (): unknown => JSON.parse(readFileSync(path.join(root, 'some.json'), 'utf8'));
const keep = (value: unknown): void => writeFileSync(path.join(root, 'some.json'), JSON.stringify(value));

describe('schemaProblems', () => {
  it('has nothing to say of a schema that is as the code says, whatever its spaces', async () => {
    keep({ words: ['a', 'b'] });
    expect(await schemaProblems(root, [schema(['never asked'])], false)).toEqual([]);
  });

  it.each([
    ['stale', () => keep({ words: ['a'] })],
    ['cut off', () => writeFileSync(path.join(root, 'some.json'), '{"words":')],
    ['missing', () => undefined],
  ])('names one that is %s, and writes it when asked to', async (_what, prepare) => {
    prepare();
    expect(await schemaProblems(root, [schema()], false)).toEqual([
      expect.stringContaining('some.json is not what the code says'),
    ]);
    expect(await schemaProblems(root, [schema()], true)).toEqual([]);
    expect(kept()).toEqual({ words: ['a', 'b'] });
  });

  it('never writes over one whose clients that would break, unless it was removed', async () => {
    keep({ words: ['a', 'b', 'c'] });
    const problems = await schemaProblems(root, [schema(['`c` is gone'])], true);
    expect(problems.join('\n')).toMatch(/breaks clients: `c` is gone\n.*remove the file/);
    expect(kept()).toEqual({ words: ['a', 'b', 'c'] });
    rmSync(path.join(root, 'some.json'));
    expect(await schemaProblems(root, [schema(['`c` is gone'])], true)).toEqual([]);
  });
});
