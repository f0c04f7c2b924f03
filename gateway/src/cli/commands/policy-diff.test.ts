import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTemporaryFolder, type TemporaryFolder } from '../../../test/support/temporary-folder.ts';
import { runCli } from '../cli.ts';

const HEAD = 'apiVersion: sallyport.dev/v1\n';
const READS =
  '{ id: reads, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT], tables: [public.*] } }';
const CASES = `${HEAD}resources: { shop: { protocol: postgres } }
cases:
  - { name: orders are read, as: { groups: [agents] }, to: shop, sql: SELECT id FROM orders, expect: permit }
  - { name: nothing is dropped, as: { groups: [agents] }, to: shop, sql: DROP TABLE orders, expect: deny }
`;

let root: TemporaryFolder;

beforeEach(() => {
  root = createTemporaryFolder('policy-diff');
});
afterEach(() => root[Symbol.dispose]());

/** Writes a policy folder. */
function folder(name: string, files: Readonly<Record<string, string>>): string {
  const made = path.join(root.path, name);
  mkdirSync(made);
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(made, file), text);
  return made;
}

async function diff(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await runCli(['policy', 'diff', ...argv], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

describe('sallyport policy diff', () => {
  it('says that nothing differs, with exit code 0', async () => {
    const before = folder('before', { 'a.yaml': `${HEAD}rules:\n  - ${READS}\n`, 'a.test.yaml': CASES });
    const after = folder('after', { 'b.yaml': `# moved\n${HEAD}rules:\n  - ${READS}\n` });
    expect(await diff(before, after)).toEqual({
      code: 0,
      out: '2 of 2 cases are decided as before\n',
      err: '',
    });
  });

  it('says which rules and which cases differ, with exit code 1', async () => {
    const before = folder('before', { 'a.yaml': `${HEAD}rules:\n  - ${READS}\n`, 'a.test.yaml': CASES });
    const changed = READS.replace('public.*', 'public.customers');
    const added =
      '{ id: drops, effect: deny, on: sql, match: { kinds: [DROP TABLE] }, message: ask the owners }';
    const after = folder('after', {
      'a.yaml': `${HEAD}rules:\n  - ${changed}\n  - ${added}\n`,
      'a.test.yaml': CASES,
    });
    const { code, out, err } = await diff(before, after);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toContain(
      '~ rule reads  (a.yaml:3)\n    match.tables:\n      - "public.*"\n      + "public.customers"\n',
    );
    expect(out).toContain('+ rule drops  (a.yaml:4)\n');
    expect(out).toContain(
      `~ case orders are read  (${after}/a.test.yaml:4)\n    before: permit by reads\n    after: deny (default)`,
    );
    expect(out).toMatch(
      /case nothing is dropped[^~]*before: deny \(default\)[^~]*after: deny \(rule drops\)/,
    );
    expect(out).toMatch(/\n0 of 2 cases are decided as before\n$/);
  });

  it('asks the cases of both folders, once where both have them, and tells of one that cannot be asked', async () => {
    const opened = `${HEAD}resources: { shop: { protocol: postgres } }
cases:
  - { name: an opened rule, as: { groups: [agents] }, to: shop, opened: [later], sql: SELECT 1 FROM t, expect: permit }
`;
    const later =
      '{ id: later, effect: allow, on: sql, match: { tables: [public.t] }, access: { by: [dba], within: 1h, upTo: 1h } }';
    const before = folder('before', { 'a.yaml': `${HEAD}rules:\n  - ${READS}\n`, 'a.test.yaml': CASES });
    const after = folder('after', {
      'a.yaml': `${HEAD}rules:\n  - ${READS}\n  - ${later}\n`,
      'a.test.yaml': CASES,
      'b.test.yaml': opened,
    });
    const { code, out } = await diff(before, after);
    expect(code).toBe(1);
    expect(out).toContain('+ rule later');
    expect(out).toContain('before: cannot be asked: no rule `later` that people may open');
    expect(out).toMatch(/\n2 of 3 cases are decided as before\n$/);
  });

  it('prints JSON', async () => {
    const before = folder('before', { 'a.yaml': `${HEAD}rules:\n  - ${READS}\n`, 'a.test.yaml': CASES });
    const after = folder('after', {
      'a.yaml': `${HEAD}presets: { client-baseline/postgres: off }\nrules:\n  - ${READS}\n`,
    });
    const { code, out } = await diff(before, after, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      parts: [{ kind: 'preset', id: 'client-baseline/postgres', change: 'removed', source: '', keys: [] }],
      cases: 2,
      changes: [],
    });
  });

  it('says what is wrong with either folder, and compares nothing then, with exit code 2', async () => {
    const good = folder('good', { 'a.yaml': `${HEAD}rules:\n  - ${READS}\n` });
    const bad = folder('bad', { 'a.yaml': `${HEAD}rules:\n  - { id: x, effect: alow, on: sql }\n` });
    for (const pair of [
      [good, bad],
      [bad, good],
    ]) {
      const { code, out, err } = await diff(...pair);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(`${bad}/a.yaml`);
    }
    expect(await diff(good, path.join(root.path, 'nowhere'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('no such file or folder'),
    });
  });
});
