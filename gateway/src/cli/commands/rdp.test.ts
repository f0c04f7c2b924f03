import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyFiles } from '../../listener/key-files.ts';
import { openCredentialForm } from '../../protocols/rdp/downstream/open-credential-form.ts';
import { type ServedApi, serveApi } from '../testing/served-api.ts';

let served: ServedApi;
let folder = '';

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rdp-files-'));
  const form = await openCredentialForm(createKeyFiles(join(folder, 'keys')));
  served = await serveApi({ shop: { protocol: 'rdp', form } });
});

afterEach(async () => {
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('sallyport rdp', () => {
  it('P6: writes a file without the secret, and prints the secret and nothing else on stdout', async () => {
    const file = join(folder, 'desk.rdp');
    const { code, out, err } = await served.run('agent', 'rdp', 'shop', '--output', file, '--uses', '1');
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringContaining(`${file} opens app_ro@shop until`),
    });
    expect(out).toMatch(/^slp_\w{36}\n$/);
    const text = readFileSync(file, 'latin1');
    expect(text).toContain('full address:s:gateway.example:6432\r\n');
    expect(text).toMatch(/^username:s:app_ro\+shop\+cred_\w{16}\r$/m);
    expect(text).not.toContain('slp_');
    expect(err).not.toContain('slp_');
    expect(text).toContain('redirectclipboard:i:0');
  });

  it('prints JSON where it is asked to, and offers what it is told to', async () => {
    const file = join(folder, 'desk.rdp');
    const { out } = await served.run('agent', 'rdp', 'shop', '--output', file, '--clipboard', '--json');
    expect(JSON.parse(out)).toMatchObject({ file, protocol: 'rdp', secret: expect.stringMatching(/^slp_/) });
    expect(readFileSync(file, 'latin1')).toContain('redirectclipboard:i:1');
  });

  it('writes nothing where the policy refuses, or where it cannot write', async () => {
    const file = join(folder, 'desk.rdp');
    const refused = await served.run('stranger', 'rdp', 'shop', '--output', file);
    expect(refused).toMatchObject({ code: 2, out: '', err: expect.stringContaining('ERR_API_DENIED') });
    expect(existsSync(file)).toBe(false);
    const nowhere = await served.run('agent', 'rdp', 'shop', '--output', join(folder, 'no', 'desk.rdp'));
    expect(nowhere).toMatchObject({ code: 2, out: '', err: expect.stringContaining('cannot write') });
  });
});
