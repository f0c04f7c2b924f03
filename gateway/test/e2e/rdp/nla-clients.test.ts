/** Our side of a server against clients of NLA that are not ours. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { ntHash } from '../../../src/protocols/rdp/nla/ntlm/keys.ts';
import { createRsaCertificate, createTestCertificate, type ServerPair } from '../../support/certificates.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { type NlaTestServer, startNlaServer } from '../../support/nla-server.ts';
import { type ProcessResult, runProcess } from '../../support/processes.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const USER = 'cred_0123456789abcdef';
const SECRET = 'slp_0123456789abcdefghjkmnpqrstvwxyz0123';
/** The interpreter that has Debian's packages, whatever else stands on PATH. */
const DEBIAN_PYTHON = '/usr/bin/python3';

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = createTemporaryFolder('nla');
const certificates = new Map<string, ServerPair>();

beforeAll(async () => {
  certificates.set('RSA', createRsaCertificate());
  certificates.set('P-256', await createTestCertificate(path.join(folder.path, 'ca')));
});
afterAll(() => folder[Symbol.dispose]());

async function serve(key = 'RSA', allowOldVersions = false): Promise<NlaTestServer> {
  const tls = certificates.get(key);
  if (tls === undefined) throw new Error(`no certificate of ${key}`);
  const lookUp = async (user: string): Promise<{ ntHash: Buffer } | undefined> =>
    user === USER ? { ntHash: ntHash(SECRET) } : undefined;
  return startNlaServer(tls, { lookUp, allowOldVersions });
}

describe('MIT Kerberos’s SPNEGO with gss-ntlmssp', () => {
  async function ask(
    context: TestContext,
    server: NlaTestServer,
    secret: string,
    version = 6,
  ): Promise<ProcessResult> {
    requireTool(context, tools.pythonGssapi);
    requireTool(context, tools.gssNtlmssp);
    requireTool(context, tools.openssl);
    const script = path.join(here, 'spnego-client.py');
    const args = [script, '127.0.0.1', String(server.port), USER, secret, String(version)];
    return runProcess(DEBIAN_PYTHON, args, { env: { HOME: folder.path } });
  }

  it.for(['RSA', 'P-256'])(
    'logs in, and the binding to a key of %s is proved to it',
    async (key, context) => {
      await using server = await serve(key);
      expect(await ask(context, server, SECRET)).toMatchObject({ code: 0, stdout: 'first spnego\nbound\n' });
      expect(server.logins).toMatchObject([{ user: USER, version: 6 }]);
    },
  );

  it('is refused with a wrong secret, by its status', async (context) => {
    await using server = await serve();
    const { code, stderr } = await ask(context, server, 'slp_wrong');
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'the server refused: 0xc000006d\n' });
    expect(server.logins).toMatchObject([{ code: 'ERR_RDP_NLA_LOGON' }]);
  });

  it.for([2, 4])('P3: by version %i it is refused, unless that is allowed', async (version, context) => {
    await using strict = await serve();
    expect((await ask(context, strict, SECRET, version)).stderr).toContain('0xc0000388');
    await using lax = await serve('RSA', true);
    expect((await ask(context, lax, SECRET, version)).stdout).toContain('bound');
  });
});

describe('rdp_check of impacket: NTLM without SPNEGO and without an integrity code, version 2', () => {
  async function ask(context: TestContext, server: NlaTestServer, secret: string): Promise<string> {
    const file = requireTool(context, tools.rdpCheck);
    const target = `office/${USER}:${secret}@127.0.0.1`;
    const args = [path.join(here, 'rdp-check.py'), file, String(server.port), target];
    const { stdout, stderr } = await runProcess(DEBIAN_PYTHON, args, { env: { HOME: folder.path } });
    return stdout + stderr;
  }

  it('is let in where old versions are allowed, with its domain', async (context) => {
    await using server = await serve('RSA', true);
    expect(await ask(context, server, SECRET)).toContain('Access Granted');
    expect(server.logins).toMatchObject([{ user: USER, domain: 'office', version: 2 }]);
  });

  it('is refused with a wrong secret, and with the right one where old versions are not allowed', async (context) => {
    await using lax = await serve('RSA', true);
    expect(await ask(context, lax, 'slp_wrong')).not.toContain('Access Granted');
    expect(lax.logins).toMatchObject([{ code: 'ERR_RDP_NLA_LOGON' }]);
    await using strict = await serve();
    expect(await ask(context, strict, SECRET)).not.toContain('Access Granted');
    expect(strict.logins).toMatchObject([{ code: 'ERR_RDP_NLA_VERSION' }]);
  });
});
