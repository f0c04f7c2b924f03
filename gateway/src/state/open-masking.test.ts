import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../telemetry/log.ts';
import { openMasking } from './open-masking.ts';

const log = createLog(
  'error',
  () => undefined,
  () => 0,
);

describe('masking of a gateway', () => {
  let dataDir = '';
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'masking-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));
  const plan = { keys: [], patterns: [], mostBytes: 4096 };

  it('P5: pseudonyms are the same after a restart, other ones on another resource, and the key is for its owner', async () => {
    const pseudonym = async (resource: string): Promise<string | undefined> =>
      (await openMasking(plan, { dataDir, log })).toolsFor(resource).pseudonyms?.text('ada@example.org');
    const first = await pseudonym('shop');
    expect(await pseudonym('shop')).toBe(first);
    expect(await pseudonym('crm')).not.toBe(first);
    expect(statSync(join(dataDir, 'masking', 'key')).mode & 0o777).toBe(0o600);
  });

  it('takes the keys that the config names, and refuses what is no key', async () => {
    const file = join(dataDir, 'configured');
    writeFileSync(file, 'k'.repeat(40), { mode: 0o600 });
    const keys = [{ id: 'a', from: { file } }];
    const masking = await openMasking({ ...plan, keys }, { dataDir, log });
    expect(masking.toolsFor('shop').pseudonyms?.text('x')).toBeDefined();
    expect(masking.toolsFor('shop')).toBe(masking.toolsFor('shop'));
    writeFileSync(file, 'short');
    await expect(openMasking({ ...plan, keys }, { dataDir, log })).rejects.toMatchObject({
      code: 'ERR_MASKING_KEY',
    });
  });
});
