/** Masks of command output, with a real sshd: by the wire, in recordings and on record. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { WINDOW } from '../../../src/protocols/ssh/masking/output-mask.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { connectSsh2, type SshLogin, type TestClient } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

const PROGRAMS = "['echo **', 'cat **', 'printf **', 'sleep *', 'head **', 'grep **', 'tr **', 'true']";
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: reads
    effect: allow
    on: shell
    match: { groups: [agents], argv: ${PROGRAMS} }
    mask: [{ detect: [email, card, private-key], with: redact }]
  - id: bounded
    effect: allow
    on: shell
    match: { groups: [agents], argv: ['seq **'] }
    mask: [{ detect: [email], with: redact }]
    limits: { bytes: 1000 }
  - id: by-column
    effect: allow
    on: shell
    match: { groups: [agents], argv: ['id'] }
    mask: [{ columns: ['*.email'], with: redact }]
  - id: by-both
    effect: allow
    on: shell
    match: { groups: [agents], argv: ['env'] }
    mask: [{ columns: ['*.note'], detect: [email], with: redact }]
`;
const MEGABYTE = 1024 * 1024;

let sshd: TestSshd;
let gateway: SshGateway;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  const log = Array.from(
    { length: 2_000 },
    (_, line) => `line ${line} of alice.${line}@example.com paid with 4111 1111 1111 1111\n`,
  ).join('');
  writeFileSync(path.join(sshd.folder, 'app.log'), log);
  const key = `-----BEGIN PRIVATE KEY-----\n${'MIIEvgIBADANBgkqhkiG9w0BAQEFAASC\n'.repeat(20)}-----END PRIVATE KEY-----\n`;
  writeFileSync(path.join(sshd.folder, 'key'), key);
  gateway = await startSshGateway({ sshd, policy: POLICY, recording: {} });
}, 60_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
});

const login = async (): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user: 'deploy+box',
  password: await gateway.issuer.token(),
});

async function replayOf(session: string): Promise<string> {
  let printed = '';
  const print = { write: (text: string) => (printed += text) };
  await runCli(['sessions', 'export', session, '--data-dir', gateway.dataDir], {
    stdout: print,
    stderr: print,
  });
  return printed;
}

/** Runs it in a session of its own. @returns with the recording, once it is closed */
async function inSession<T>(
  work: (client: TestClient) => Promise<T>,
): Promise<{ readonly result: T; readonly session: string; readonly recording: string }> {
  const known = gateway.records().length;
  const client = await connectSsh2(await login());
  const result = await work(client);
  await client[Symbol.asyncDispose]();
  const records = await gateway.recordsUntil((all) =>
    all.slice(known).some(({ type }) => type === 'session.closed'),
  );
  const session = String(records.slice(known).find(({ type }) => type === 'session.opened')?.['session']);
  return { result, session, recording: await replayOf(session) };
}

describe('masks of command output', () => {
  it('P5: stdout and stderr come masked, and so they are in the recording', async (context) => {
    requireTool(context, tools.sshd);
    const { result, recording } = await inSession((client) =>
      client.run('printf "%s@%s\\n" alice example.com; printf "%s@%s\\n" bob example.com >&2'),
    );
    expect(result).toMatchObject({ code: 0, stdout: '[email]\n', stderr: '[email]\n' });
    expect(recording).toContain('[email]');
    expect(recording).not.toMatch(/alice@|bob@/);
  });

  it('P5: nothing of a whole file comes through, and what was masked is on file', async (context) => {
    requireTool(context, tools.sshd);
    const { result, recording } = await inSession((client) => client.run(`cat ${sshd.folder}/app.log`));
    expect(result.stdout.split('\n')).toHaveLength(2_001);
    expect(result.stdout).toContain('line 1999 of [email] paid with [card]\n');
    expect(result.stdout).not.toMatch(/@example|4111/);
    expect(recording).not.toMatch(/@example|4111/);
    const outcome = gateway.records().findLast(({ type }) => type === 'exchange.outcome');
    expect(outcome).toMatchObject({ result: { masked: { detectors: { email: 2_000, card: 2_000 } } } });
    expect(JSON.stringify(gateway.records())).not.toMatch(/alice\.\d/);
  });

  it('P5: a value that comes in pieces is masked as one', async (context) => {
    requireTool(context, tools.sshd);
    const command = 'printf alic; sleep 0.2; printf "e@exa"; sleep 0.2; printf "mple.com\\n"';
    const { result } = await inSession((client) => client.run(command));
    expect(result.stdout).toBe('[email]\n');
  });

  it('P5: colours of grep hide nothing', async (context) => {
    requireTool(context, tools.sshd);
    const command = `grep --color=always 'lice.7@' ${sshd.folder}/app.log`;
    const { result } = await inSession((client) => client.run(command));
    expect(result.stdout).toContain('[email]');
    expect(result.stdout).not.toMatch(/lice/);
  });

  it('P5: a private key is masked over all its lines', async (context) => {
    requireTool(context, tools.sshd);
    const { result } = await inSession((client) =>
      client.run(`cat ${sshd.folder}/key; cat -n ${sshd.folder}/key; echo done`),
    );
    expect(result.stdout).toMatch(/^\[private-key\]\n *1\t\[private-key\]\ndone\n$/);
  });

  it('P5: values in the text of a command and in its input are not on record', async (context) => {
    requireTool(context, tools.sshd);
    const { result, session, recording } = await inSession(async (client) => {
      const first = await client.run('echo to carol@example.com');
      const denied = await client.run('rm /home/dave@example.com');
      const input = await client.run('cat', 'from erin@example.com\n');
      return { first, denied, input };
    });
    expect(result.first.stdout).toBe('to [email]\n');
    expect(result.denied.code).toBe(126);
    expect(result.input.stdout).toBe('from [email]\n');
    const own = gateway.records().filter((record) => record['session'] === session);
    expect(JSON.stringify(own)).toContain('__digest_');
    expect(JSON.stringify(own)).not.toMatch(/carol@|dave@|erin@/);
    expect(recording).not.toMatch(/carol@|dave@|erin@/);
  });

  it('P10: megabytes without a line end flow while the command runs, and all of them at its end', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const channel = await client.open(`head -c ${16 * MEGABYTE} /dev/zero | tr '\\0' x; cat`);
    let bytes = 0;
    const flowed = Promise.withResolvers<void>();
    channel.on('data', (chunk: Buffer) => {
      bytes += chunk.equals(Buffer.alloc(chunk.length, 'x')) ? chunk.length : 0;
      if (bytes >= 16 * MEGABYTE - WINDOW) flowed.resolve();
    });
    const closed = new Promise((resolve) => channel.once('close', resolve));
    await flowed.promise;
    channel.end('x');
    await closed;
    expect(bytes).toBe(16 * MEGABYTE + 1);
  }, 120_000);

  it('P9: a prompt is told before it is answered', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const channel = await client.open('printf "name: "; cat');
    const prompt = await new Promise<Buffer>((resolve) => channel.once('data', resolve));
    expect(prompt.toString()).toBe('name: ');
    channel.end('frank@example.com\n');
    const answer = await new Promise<Buffer>((resolve) => channel.once('data', resolve));
    expect(answer.toString()).toBe('[email]\n');
  });

  it('a bound in bytes counts what is delivered', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    expect(await client.run('seq 1 100')).toMatchObject({ code: 0 });
    expect((await client.run('seq 1 1000')).stderr).toContain('LIMIT_EXCEEDED');
  });

  it('P3: a mask of columns is a denial that says what to do', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    for (const command of ['id', 'env']) {
      const denied = await client.run(command);
      expect(denied).toMatchObject({ code: 126, stdout: '' });
      expect(denied.stderr).toMatch(/cannot be fulfilled|columns/);
    }
  });

  it('P5: in shadow mode masks of the policy hold for what no rule allows', async (context) => {
    requireTool(context, tools.sshd);
    const shadow = POLICY.replace(/ {2}- id: by-column[\s\S]*/, '');
    await using watched = await startSshGateway({ sshd, policy: shadow, resource: { mode: 'observe' } });
    const password = await watched.issuer.token();
    await using client = await connectSsh2({
      host: watched.host,
      port: watched.port,
      user: 'deploy+box',
      password,
    });
    expect(await client.run(`tail -n 1 ${sshd.folder}/app.log`)).toMatchObject({
      code: 0,
      stdout: 'line 1999 of [email] paid with [card]\n',
    });
    await watched.setPolicy(POLICY);
    expect(await client.run(`tail -n 1 ${sshd.folder}/app.log`)).toMatchObject({ code: 126, stdout: '' });
  });
});
