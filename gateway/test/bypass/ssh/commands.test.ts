/** Evasions of a policy that allows a few harmless commands, through the real wire, against a real machine. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { EVASIONS } from '../../support/shell-evasions.ts';
import { connectSsh2, runOpenSsh, type SshLogin, type TestClient } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

let sshd: TestSshd;
let gateway: SshGateway;
let client: TestClient;

const login = async (): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user: 'deploy+box',
  password: await gateway.issuer.token(),
});

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  gateway = await startSshGateway({ sshd });
  client = await connectSsh2(await login());
}, 60_000);
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
});

describe('P1: commands that no rule allows', () => {
  it('are refused with 126, and leave nothing on the machine', async (context) => {
    requireTool(context, tools.sshd);
    expect(new Set(EVASIONS).size).toBe(EVASIONS.length);
    const ran: string[] = [];
    for (const evasion of EVASIONS) {
      const { code, stdout } = await client.run(evasion.replaceAll('%', sshd.folder));
      if (code !== 126 || stdout !== '') ran.push(`${code}: ${evasion}`);
    }
    expect(ran).toEqual([]);
    expect(readdirSync(sshd.folder)).toEqual([]);
    // Nothing of the suite would be refused by a gateway that refuses everything.
    expect(await client.run('echo still; cat /dev/null')).toMatchObject({ code: 0, stdout: 'still\n' });
  }, 120_000);

  it('do what they are meant to where nobody judges them, but for those that lack a program or a right here', async (context) => {
    requireTool(context, tools.sshd);
    const { host, port, user, keyFile, folder } = sshd;
    const options = { privateKey: readFileSync(keyFile), password: undefined };
    await using direct = await connectSsh2({ host, port, user, password: '' }, options);
    const left = EVASIONS.map((text, index) => ({ text, place: path.join(folder, `e${index}`) }));
    const idle: string[] = [];
    const runNext = async (): Promise<void> => {
      for (let one = left.pop(); one !== undefined; one = left.pop()) {
        const { text, place } = one;
        mkdirSync(place, { mode: 0o777 });
        chmodSync(place, 0o777);
        const asked = text.replaceAll('%', place);
        // Some are for bash; a NUL ends the command for every shell.
        for (const command of [asked, `bash -c '${asked.replaceAll("'", String.raw`'\''`)}'`])
          if (!asked.includes('\0') && readdirSync(place).length === 0) await direct.run(command);
        if (readdirSync(place).length === 0) idle.push(text);
      }
    };
    try {
      await Promise.all(Array.from({ length: 6 }, runNext));
    } finally {
      // What follows looks for canaries there.
      for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true });
    }
    expect(EVASIONS.length - idle.length, idle.join('\n')).toBeGreaterThanOrEqual(150);
  }, 120_000);

  it('are refused from OpenSSH too, which joins its arguments', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const { folder } = sshd;
    for (const command of [
      ['echo', 'a;', 'touch', `${folder}/f`],
      [`echo a; touch ${folder}/f`],
      ['echo', `$(touch ${folder}/f)`],
      ['--', 'touch', `${folder}/f`],
    ]) {
      expect((await runOpenSsh(ssh, await login(), { command })).code).toBe(126);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('P3: one of a great length is refused, or ends its connection; the gateway goes on', async (context) => {
    requireTool(context, tools.sshd);
    const { folder } = sshd;
    const long = `echo ${'a'.repeat(30_000)}`;
    expect((await client.run(long)).stdout.length).toBe(30_001);
    expect((await client.run(`${long}; touch ${folder}/f`)).code).toBe(126);
    const other = await connectSsh2(await login());
    await other.run(`echo ${'a'.repeat(200_000)}; touch ${folder}/f`).catch(() => undefined);
    await other.closed;
    expect(readdirSync(folder)).toEqual([]);
    expect((await client.run('echo on')).stdout).toBe('on\n');
  });

  it('P3: bytes that are no UTF-8 are refused, and not what they may stand for', async (context) => {
    requireTool(context, tools.sshd);
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xef, 0xbf, 0xbd]]) {
      // The client sends a Buffer as it is.
      const command = Buffer.from([...Buffer.from('echo '), ...bytes]) as unknown as string;
      expect(await client.run(command)).toMatchObject({ code: 126, stdout: '' });
    }
  });

  it('P3: a NUL, at which a shell would stop reading, is refused wherever it stands', async (context) => {
    requireTool(context, tools.sshd);
    for (const text of ['echo a\0', '\0echo a', 'echo \0; id', "echo 'a\0b'", 'echo a # \0', '\0']) {
      const refused = await client.run(text);
      expect(refused, JSON.stringify(text)).toMatchObject({ code: 126, stdout: '' });
    }
    expect((await client.run('echo on')).stdout).toBe('on\n');
  });

  it('P3: shadow mode lets pass what is denied, but nothing that cannot be read', async (context) => {
    requireTool(context, tools.sshd);
    const { folder } = sshd;
    await using shadow = await startSshGateway({ sshd, resource: { mode: 'observe' } });
    const { host, port } = shadow;
    await using other = await connectSsh2({ host, port, user: 'box', password: await shadow.issuer.token() });
    expect(await other.run('uname')).toMatchObject({ code: 0, stdout: 'Linux\n' });
    for (const text of ['echo "', 'echo \uFFFD', `$x ${folder}/f`]) {
      const { code, stdout } = await other.run(text);
      expect([text, code, stdout]).toEqual([text, 126, '']);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('P1: a second program in the channel of a first, denied or not, is not run', async (context) => {
    requireTool(context, tools.sshd);
    const { folder } = sshd;
    for (const first of [`touch ${folder}/f`, 'echo x', 'sleep 1']) {
      const channel = await client.open(first);
      const { id } = channel.outgoing;
      channel.resume();
      const closed = new Promise((resolve) => channel.once('close', resolve));
      for (const kind of ['exec', 'subsystem', 'shell']) {
        client.raw._protocol[kind === 'subsystem' ? 'subsystem' : kind]?.(
          id,
          `echo again > ${folder}/f`,
          true,
        );
      }
      client.raw._protocol['exec']?.(id, 'echo twice', true);
      await closed;
    }
    expect(readdirSync(folder)).toEqual([]);
    const texts = gateway.records().map(({ request }) => (request as { text?: string } | undefined)?.text);
    expect(texts).not.toContain('echo twice');
    expect((await client.run('echo on')).stdout).toBe('on\n');
  });

  it('P10: input beyond the window ends the connection, and nothing else', async (context) => {
    requireTool(context, tools.sshd);
    const other = await connectSsh2(await login());
    const channel = await other.open('sleep 600');
    const block = Buffer.alloc(30_000, 'x');
    for (let index = 0; index < 400 && !other.raw._sock.destroyed; index += 1) {
      other.raw._protocol['channelData']?.(channel.outgoing.id, block);
      if (index % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
    }
    await other.closed;
    expect((await client.run('echo on')).stdout).toBe('on\n');
  });
});
