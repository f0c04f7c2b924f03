/** Both of our sides of NLA against FreeRDP's: xfreerdp logs in to us, and we log in to its shadow server. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import path from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';
import { CredSspClient } from '../../../src/protocols/rdp/nla/credssp-client.ts';
import type { NlaError } from '../../../src/protocols/rdp/nla/errors.ts';
import type { AfterNla } from '../../../src/protocols/rdp/nla/nla-step.ts';
import { ntHash } from '../../../src/protocols/rdp/nla/ntlm/keys.ts';
import { peerIdentityOf } from '../../../src/protocols/rdp/nla/peer-identity.ts';
import { createRsaCertificate, createTestCertificate, type ServerPair } from '../../support/certificates.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { type NlaTestServer, startNlaServer } from '../../support/nla-server.ts';
import { runProcess, startProcess } from '../../support/processes.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { startVirtualDisplay } from '../../support/virtual-display.ts';

const USER = 'cred_0123456789abcdef';
const SECRET = 'slp_0123456789abcdefghjkmnpqrstvwxyz0123';
const REQUESTS_HYBRID = Buffer.from('030000130ee000000000000100080003000000', 'hex');

const folder = createTemporaryFolder('nla');
afterAll(() => folder[Symbol.dispose]());

async function serve(tls: ServerPair): Promise<NlaTestServer> {
  const lookUp = async (user: string): Promise<{ ntHash: Buffer } | undefined> =>
    user === USER ? { ntHash: ntHash(SECRET) } : undefined;
  return startNlaServer(tls, { lookUp, allowOldVersions: false });
}

describe('xfreerdp: NTLM without SPNEGO, with an integrity code, version 6', () => {
  /** Its output; it logs in, and asks for no desktop. */
  async function ask(context: TestContext, server: NlaTestServer, secret: string): Promise<string> {
    const program = requireTool(context, tools.xfreerdp);
    await using display = await startVirtualDisplay(context);
    const target = [`/v:127.0.0.1:${server.port}`, `/u:${USER}`, `/p:${secret}`];
    const { stdout, stderr } = await runProcess(
      program,
      [...target, '/sec:nla', '/cert:ignore', '+auth-only'],
      {
        env: { DISPLAY: display.name, HOME: folder.path },
      },
    );
    return stdout + stderr;
  }

  it('logs in, over a key of RSA and over one of P-256', async (context) => {
    const elliptic = await createTestCertificate(path.join(folder.path, 'ca'));
    for (const tls of [createRsaCertificate(), elliptic]) {
      await using server = await serve(tls);
      const output = await ask(context, server, SECRET);
      expect(server.logins, output).toMatchObject([{ user: USER, version: 6 }]);
    }
  });

  it('is told that the secret is wrong', async (context) => {
    await using server = await serve(createRsaCertificate());
    expect(await ask(context, server, 'slp_wrong')).toContain('LOGON_FAILURE');
    expect(server.logins).toMatchObject([{ code: 'ERR_RDP_NLA_LOGON' }]);
  });
});

describe('the shadow server of FreeRDP', () => {
  it('P6: lets us in with the secret, and not without; another certificate gets no password', async (context) => {
    const program = requireTool(context, tools.freerdpShadow);
    await using display = await startVirtualDisplay(context);
    const sam = path.join(folder.path, 'sam');
    writeFileSync(sam, `Administrator:::${ntHash(SECRET).toString('hex')}:::\n`);
    const port = await freePort();
    const args = [`/port:${port}`, '/bind-address:127.0.0.1', '/sec:nla', '+auth', `/sam-file:${sam}`];
    await using target = startProcess(program, args, {
      env: { DISPLAY: display.name, HOME: folder.path },
    });
    await waitForPort(port);
    expect(await logIn(port, SECRET), target.output()).toMatchObject({ version: 6 });
    // It says nothing; others tell the status.
    expect(await logIn(port, 'slp_wrong')).toBe('the server left');
    const other = peerIdentityOf(Buffer.from(createRsaCertificate().cert.replace(/-.*-|\s/g, ''), 'base64'));
    expect(await logIn(port, SECRET, other)).toBe('the server left');
  });

  async function logIn(
    port: number,
    password: string,
    identity?: ReturnType<typeof peerIdentityOf>,
  ): Promise<AfterNla | NlaError | 'the server left'> {
    const socket = connect(port, '127.0.0.1');
    socket.write(REQUESTS_HYBRID);
    await once(socket, 'readable');
    socket.read();
    const secured = connectTls({ socket, rejectUnauthorized: false });
    await once(secured, 'secureConnect');
    const client = new CredSspClient({
      identity: identity ?? peerIdentityOf(secured.getPeerCertificate(true).raw),
      host: 'localhost',
      user: 'Administrator',
      domain: '',
      password,
      allowOldVersions: false,
      clock: { nowMs: () => Date.now() },
    });
    try {
      return await speak(client, secured);
    } finally {
      secured.destroy();
    }
  }
});

async function speak(
  client: CredSspClient,
  secured: TLSSocket,
): Promise<AfterNla | NlaError | 'the server left'> {
  secured.write(client.start());
  for await (const chunk of secured) {
    const { send, done, failed } = await client.push(chunk as Buffer);
    if (send.length > 0) secured.write(send);
    const outcome = done ?? failed;
    if (outcome !== undefined) return outcome;
  }
  return 'the server left';
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** It writes that it listens into a buffer, which nobody sees in time. */
async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port}`);
}
