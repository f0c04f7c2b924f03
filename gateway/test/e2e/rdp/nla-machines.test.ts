/** A machine that takes Network Level Authentication alone, and draws by the fast path: the shadow server of FreeRDP. */
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ntHash } from '../../../src/protocols/rdp/nla/ntlm/keys.ts';
import { startDesktopClient } from '../../support/desktop-client.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { startProcess } from '../../support/processes.ts';
import { startRdpGateway } from '../../support/rdp-gateway.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { startVirtualDisplay } from '../../support/virtual-display.ts';

const SECRET = 'RealTargetPw1!';

describe('a machine behind NLA', () => {
  it('P6: is worked on with the account of the gateway; its key is pinned, and what it draws is recorded', async (context) => {
    const shadow = requireTool(context, tools.freerdpShadow);
    const programs = {
      xfreerdp: requireTool(context, tools.xfreerdp),
      xdotool: requireTool(context, tools.xdotool),
      xclip: requireTool(context, tools.xclip),
    };
    const xterm = requireTool(context, tools.xterm);
    using folder = createTemporaryFolder('nla-machine');
    await using machine = await startVirtualDisplay(context);
    await using mine = await startVirtualDisplay(context);
    const env = { DISPLAY: machine.name, HOME: folder.path };
    await using _terminal = startProcess(xterm, ['-geometry', '90x30+20+20', '-e', 'sh'], {
      env,
      cwd: folder.path,
      timeoutMs: 60_000,
    });
    const sam = path.join(folder.path, 'sam');
    writeFileSync(sam, `Administrator:::${ntHash(SECRET).toString('hex')}:::\n`);
    const port = await freePort();
    const args = [`/port:${port}`, '/bind-address:127.0.0.1', '/sec:nla', '+auth', `/sam-file:${sam}`];
    await using target = startProcess(shadow, args, { env, timeoutMs: 60_000 });
    await until(() => listens(port));
    const certificate = path.join(folder.path, '.config/freerdp/shadow/shadow.crt');
    await until(() => existsSync(certificate));
    const key = new X509Certificate(readFileSync(certificate)).publicKey.export({
      type: 'spki',
      format: 'der',
    });
    const pins = [createHash('sha256').update(key).digest('hex')];
    await using gateway = await startRdpGateway({
      target: { host: '127.0.0.1', port, user: 'Administrator', password: SECRET, certificateFile: '' },
      resource: { security: 'nla', tls: { pins } },
      recording: {},
    });
    {
      const login = {
        host: gateway.host,
        port: gateway.port,
        user: 'desk',
        password: await gateway.issuer.token(),
      };
      await using client = startDesktopClient(programs, mine.name, login);
      const file = path.join(folder.path, 'typed.txt');
      await until(async () => {
        await client.typeLine('echo typed > typed.txt');
        return existsSync(file) && readFileSync(file, 'utf8') === 'typed\n';
      }).catch((error: unknown) => {
        throw new Error(
          `${String(error)}: ${client.output()} ${gateway.logLines.join('\n')} ${target.output()}`,
        );
      });
    }
    const records = await gateway.recordsUntil((all) => all.some(({ type }) => type === 'session.closed'));
    const results = records.flatMap(({ type, result }) => (type === 'exchange.outcome' ? [result] : []));
    expect(results).toContainEqual(
      expect.objectContaining({ updates: expect.toSatisfy((n: number) => n > 0) }),
    );
    expect(JSON.stringify(records)).not.toContain(SECRET);
  });
});

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** It cannot choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
