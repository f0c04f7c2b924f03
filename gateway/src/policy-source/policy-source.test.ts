import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { atom, requestOf, statement, testFamilies } from '../policy/testing/store-family.ts';
import { PolicySource } from './policy-source.ts';

const ALLOW = 'apiVersion: sallyport.dev/v1\nrules: [{ id: all, effect: allow, on: store }]\n';
const DENY = 'apiVersion: sallyport.dev/v1\nrules: [{ id: none, effect: deny, on: store }]\n';
const BROKEN = 'apiVersion: sallyport.dev/v1\nrules: [{ id: all, effect: alow, on: store }]\n';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-source-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function write(text: string): Promise<void> {
  await writeFile(join(root, 'policy.yaml'), text);
}

interface Heard {
  readonly loaded: string[];
  readonly rejected: string[][];
}

async function open(): Promise<{ readonly source: PolicySource; readonly heard: Heard }> {
  const heard: Heard = { loaded: [], rejected: [] };
  const source = await PolicySource.open({
    path: root,
    compile: { families: testFamilies, presets: [] },
    onLoaded: ({ version }) => heard.loaded.push(version.hash),
    onRejected: (errors) => heard.rejected.push([...errors]),
  });
  return { source, heard };
}

function effectOf(source: PolicySource): string {
  return source.current.engine.decide(requestOf([statement([atom('READ')])])).effect;
}

describe('a policy source', () => {
  it('P8: refuses to start with a broken policy, and says where it is broken', async () => {
    await write(BROKEN);
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_POLICY_SOURCE_REJECTED',
      message: expect.stringContaining('policy.yaml:2:28: error: unknown word `alow`'),
    });
  });

  it('swaps the policy when the files changed', async () => {
    await write(ALLOW);
    const { source, heard } = await open();
    await write(DENY);
    expect(await source.reload()).toMatchObject({ outcome: 'loaded' });
    expect(effectOf(source)).toBe('deny');
    expect(heard.loaded).toHaveLength(2);
  });

  it('P8: keeps the last good policy when the new one is broken, empty or gone, and tells it once', async () => {
    await write(ALLOW);
    const { source, heard } = await open();
    await write(BROKEN);
    expect(await source.reload()).toMatchObject({ outcome: 'rejected' });
    expect(await source.reload()).toMatchObject({ outcome: 'rejected' });
    expect(heard.rejected).toHaveLength(1);
    await rm(join(root, 'policy.yaml'));
    expect(await source.reload()).toMatchObject({ outcome: 'rejected' });
    await rm(root, { recursive: true });
    expect(await source.reload()).toMatchObject({ outcome: 'rejected' });
    expect(effectOf(source)).toBe('permit');
    expect(heard.rejected).toHaveLength(3);
  });

  it('tells the same errors again after a good policy in between', async () => {
    await write(ALLOW);
    const { source, heard } = await open();
    for (const text of [BROKEN, DENY, BROKEN]) {
      await write(text);
      await source.reload();
    }
    expect(heard.rejected).toHaveLength(2);
    expect(effectOf(source)).toBe('deny');
  });

  it('does nothing when nothing changed', async () => {
    await write(ALLOW);
    const { source, heard } = await open();
    const before = source.current;
    expect(await source.reload()).toMatchObject({ outcome: 'unchanged' });
    expect(source.current).toBe(before);
    expect(heard.loaded).toHaveLength(1);
  });

  it('reloads one at a time, and a reload asked for during another sees the newest files', async () => {
    await write(ALLOW);
    const { source } = await open();
    await write(DENY);
    const results = await Promise.all([source.reload(), source.reload(), source.reload()]);
    expect(results.map(({ policy }) => policy.rules[0]?.id)).toEqual(['none', 'none', 'none']);
  });

  it('notices a change by itself while it watches', async () => {
    await write(ALLOW);
    const heard = Promise.withResolvers<void>();
    const source = await PolicySource.open({
      path: root,
      compile: { families: testFamilies, presets: [] },
      onLoaded: ({ rules }) => (rules[0]?.id === 'none' ? heard.resolve() : undefined),
    });
    const watching = new AbortController();
    source.watch(watching.signal);
    await write(DENY);
    await heard.promise;
    watching.abort();
    expect(effectOf(source)).toBe('deny');
  });
});
