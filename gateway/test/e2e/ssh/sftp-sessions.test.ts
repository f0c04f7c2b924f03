import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { OPEN, STATUS, TYPE } from '../../../src/protocols/ssh/sftp/wire/numbers.ts';
import type { SftpReply } from '../../../src/protocols/ssh/sftp/wire/replies.ts';
import { decideApproval } from '../../support/approver.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import type { TokenClaims } from '../../support/issuer.ts';
import { openRawSftp, type RawSftp } from '../../support/raw-sftp.ts';
import { connectSsh2, resultOf, type SshLogin } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { askApi } from '../api/api-client.ts';

let sshd: TestSshd;
let gateway: SshGateway;
let open: string;

const policyOf = (folder: string, more = ''): string => `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: open, effect: allow, on: files, match: { operations: [READ, WRITE, STAT, LIST], paths: ["${folder}/open/**"] } }
  - { id: little, effect: allow, on: files, match: { operations: [READ, WRITE], paths: ["${folder}/little/**"] }, limits: { bytes: 10000 } }
  - { id: asked-for, effect: allow, on: files, match: { operations: [WRITE, DELETE], paths: ["${folder}/asked/**"] }, approval: { by: [dba], within: 15m, wait: 1s } }
  - { id: masked, effect: allow, on: files, match: { operations: [READ], paths: ["${folder}/masked/**"] }, mask: [{ detect: [email], with: redact }] }
  - { id: columns, effect: allow, on: files, match: { operations: [READ], paths: ["${folder}/columns/**"] }, mask: [{ columns: ['*.x'], with: redact }] }
  - { id: streams, effect: allow, on: files, match: { operations: [READ, STAT], paths: ["${folder}/masked/**"], opaque: ['stream:rsync'] }, mask: [{ detect: [email], with: redact }] }
  - { id: sized, effect: allow, on: files, match: { operations: [READ], paths: ["${folder}/sized/**"] }, when: "files.size < 100" }
${more}`;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  gateway = await startSshGateway({
    sshd,
    policy: policyOf(sshd.folder),
    recording: {},
    api: { groups: { admins: ['admins'] } },
  });
}, 60_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
});
beforeEach((context) => {
  requireTool(context, tools.sshd);
  open = path.join(sshd.folder, 'open');
  for (const name of ['open', 'little', 'asked', 'masked', 'columns', 'sized']) {
    rmSync(path.join(sshd.folder, name), { recursive: true, force: true });
    mkdirSync(path.join(sshd.folder, name));
    chmodSync(path.join(sshd.folder, name), 0o777);
  }
});

const login = async (claims: TokenClaims = {}): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user: 'deploy+box',
  password: await gateway.issuer.token(claims),
});

const read = (sftp: RawSftp, handle: Buffer, offset = 0): Promise<SftpReply> =>
  sftp.ask(TYPE.READ, handle, { uint64: offset }, { uint32: 8000 });

async function opened(sftp: RawSftp, where: string, flags: number): Promise<Buffer> {
  const reply = await sftp.open(where, flags);
  if (reply.kind !== 'handle') throw new Error(`not opened: ${sftp.lastWords()}`);
  return reply.handle;
}

describe('obligations of files', () => {
  it('an approval is of operation and path, is asked for in words, and passes once', async () => {
    await using client = await connectSsh2(await login());
    const sftp = await openRawSftp(client);
    const target = path.join(sshd.folder, 'asked/new');
    const flags = OPEN.WRITE | OPEN.CREAT;
    expect(await sftp.open(target, flags)).toMatchObject({ code: STATUS.PERMISSION_DENIED });
    const approval = /^APPROVAL_PENDING \[([^\]]+)\]/.exec(sftp.lastWords())?.[1] ?? '';
    await decideApproval(gateway, approval, 'approve');
    // Emptied first is another thing, and so is another path.
    expect(await sftp.open(target, flags | OPEN.TRUNC)).toMatchObject({ code: STATUS.PERMISSION_DENIED });
    expect(await sftp.open(`${target}2`, flags)).toMatchObject({ code: STATUS.PERMISSION_DENIED });
    const handle = await opened(sftp, target, flags);
    expect(await sftp.ask(TYPE.WRITE, handle, { uint64: 0 }, Buffer.from('agreed'))).toMatchObject({
      code: STATUS.OK,
    });
    await sftp.ask(TYPE.CLOSE, handle);
    expect(readFileSync(target, 'utf8')).toBe('agreed');
    expect(await sftp.open(target, flags)).toMatchObject({ code: STATUS.PERMISSION_DENIED });
    sftp.channel.close();
  }, 60_000);

  it('P10: bytes beyond a bound are neither read nor written, and the file is dead', async () => {
    writeFileSync(path.join(sshd.folder, 'little/large'), Buffer.alloc(50_000, 'x'));
    await using client = await connectSsh2(await login());
    const sftp = await openRawSftp(client);
    const handle = await opened(sftp, path.join(sshd.folder, 'little/large'), OPEN.READ);
    expect(await read(sftp, handle)).toMatchObject({ kind: 'extended' });
    expect(await read(sftp, handle, 8000)).toMatchObject({ code: STATUS.PERMISSION_DENIED });
    expect(sftp.lastWords()).toMatch(/^LIMIT_EXCEEDED \[dec_\w+\] the transfer moves more than /);
    expect(await read(sftp, handle)).toMatchObject({ code: STATUS.PERMISSION_DENIED });
    const target = path.join(sshd.folder, 'little/new');
    const writing = await opened(sftp, target, OPEN.WRITE | OPEN.CREAT);
    const write = (offset: number): Promise<SftpReply> =>
      sftp.ask(TYPE.WRITE, writing, { uint64: offset }, Buffer.alloc(8000));
    expect(await write(0)).toMatchObject({ code: STATUS.OK });
    expect(await write(8000)).toMatchObject({ code: STATUS.PERMISSION_DENIED });
    expect(readFileSync(target)).toHaveLength(8000);
    sftp.channel.close();
  });

  it('P5: a file in which detectors find something is not handed out from there on, however it is asked for', async () => {
    const value = 'anna.smith@example.com';
    const where = path.join(sshd.folder, 'masked/people');
    const start = 20_000;
    writeFileSync(where, `${'word '.repeat(start / 5)}${value}${' word'.repeat(4000)}`);
    await using client = await connectSsh2(await login());
    const sftp = await openRawSftp(client);
    for (const [offset, length] of [
      [start, 10],
      [start - 4, 8],
      [start + 10, 1],
      [start + value.length - 1, 30_000],
      [0, 32_768],
    ] as const) {
      const handle = await opened(sftp, where, OPEN.READ);
      // What is far from it passes.
      expect(await sftp.ask(TYPE.READ, handle, { uint64: 0 }, { uint32: 5000 })).toMatchObject({
        kind: 'extended',
      });
      const reply = await sftp.ask(TYPE.READ, handle, { uint64: offset }, { uint32: length });
      expect(reply).toMatchObject({ code: STATUS.PERMISSION_DENIED });
      expect(sftp.lastWords()).toMatch(
        /^POLICY_DENIED \[dec_\w+\] the file holds what must not leave \(email\), by rule masked/,
      );
      expect(await read(sftp, handle)).toMatchObject({ code: STATUS.PERMISSION_DENIED });
    }
    expect(sftp.received().toString('latin1')).not.toMatch(/anna|smith|example/);
    writeFileSync(where, 'nothing of that kind');
    const clean = await opened(sftp, where, OPEN.READ);
    expect(await read(sftp, clean)).toMatchObject({ body: Buffer.from('nothing of that kind') });
    expect(await read(sftp, clean, 20)).toMatchObject({ code: STATUS.EOF });
    sftp.channel.close();
  }, 60_000);

  it('P5: so it is for scp, and a stream that nobody can look through is denied', async () => {
    const where = path.join(sshd.folder, 'masked/people');
    writeFileSync(where, 'write to anna.smith@example.com');
    await using client = await connectSsh2(await login());
    const copied = await client.run(`scp -f ${where}`, '\0\0\0\0');
    expect(copied.stdout).not.toContain('anna');
    expect(copied).toMatchObject({ code: 126, stderr: expect.stringContaining('(email)') });
    const stream = await client.run(`rsync --server --sender -e.iLsfxCIvu . ${where}`);
    expect(stream).toMatchObject({ code: 126, stderr: expect.stringContaining('use sftp or scp') });
  });

  it('P5: a mask of columns is a denial', async () => {
    writeFileSync(path.join(sshd.folder, 'columns/x'), 'x');
    await using client = await connectSsh2(await login());
    const sftp = await openRawSftp(client);
    expect(await sftp.open(path.join(sshd.folder, 'columns/x'), OPEN.READ)).toMatchObject({
      code: STATUS.PERMISSION_DENIED,
    });
    sftp.channel.close();
  });

  it('a rule may ask how large a file is', async () => {
    writeFileSync(path.join(sshd.folder, 'sized/small'), 'x');
    writeFileSync(path.join(sshd.folder, 'sized/large'), 'x'.repeat(200));
    await using client = await connectSsh2(await login());
    const sftp = await openRawSftp(client);
    expect(await sftp.open(path.join(sshd.folder, 'sized/small'), OPEN.READ)).toMatchObject({
      kind: 'handle',
    });
    expect(await sftp.open(path.join(sshd.folder, 'sized/large'), OPEN.READ)).toMatchObject({
      code: STATUS.PERMISSION_DENIED,
    });
    sftp.channel.close();
  });
});

describe('a transfer under way', () => {
  it('P8: ends with the rule that allowed it', async () => {
    writeFileSync(path.join(open, 'file'), 'x'.repeat(20_000));
    await using client = await connectSsh2(await login());
    const sftp = await openRawSftp(client);
    const handle = await opened(sftp, path.join(open, 'file'), OPEN.READ);
    expect(await read(sftp, handle)).toMatchObject({ kind: 'extended' });
    await gateway.setPolicy(
      policyOf(
        sshd.folder,
        `  - { id: closed-now, effect: deny, on: files, match: { paths: ["${open}/file"] } }\n`,
      ),
    );
    expect(await read(sftp, handle, 8000)).toMatchObject({ code: STATUS.PERMISSION_DENIED });
    expect(sftp.lastWords()).toContain('closed-now');
    await gateway.setPolicy(policyOf(sshd.folder));
    expect(await sftp.open(path.join(open, 'file'), OPEN.READ)).toMatchObject({ kind: 'handle' });
    sftp.channel.close();
  });

  it('P12: ends with its session, on record', async () => {
    writeFileSync(path.join(open, 'file'), 'x');
    const client = await connectSsh2(await login({ sub: 'agent-killed' }));
    const sftp = await openRawSftp(client);
    await opened(sftp, path.join(open, 'file'), OPEN.READ);
    const result = resultOf(sftp.channel);
    const session = sessionOf('agent-killed');
    const token = await gateway.issuer.token({ sub: 'admin', groups: ['admins'] });
    const killed = await askApi(gateway, `/v1/sessions/${session}/kill`, { token, body: { reason: 'test' } });
    expect(killed.status).toBe(200);
    expect((await result).code).not.toBe(0);
    await client.closed;
    const records = await gateway.recordsUntil((all) =>
      all.some(({ type, session: id }) => type === 'session.closed' && id === session),
    );
    const intents = records.filter(({ type, session: id }) => type === 'exchange.intent' && id === session);
    const outcomes = records.filter(({ type, session: id }) => type === 'exchange.outcome' && id === session);
    expect(outcomes).toHaveLength(intents.length);
    expect(outcomes.map(({ status }) => status)).toContain('cancelled');
  });

  it('P4: a client that goes in the middle leaves no exchange open', async () => {
    writeFileSync(path.join(open, 'file'), 'x'.repeat(9000));
    const client = await connectSsh2(await login({ sub: 'agent-gone' }));
    const sftp = await openRawSftp(client);
    const handle = await opened(sftp, path.join(open, 'file'), OPEN.READ);
    await read(sftp, handle);
    client.raw.destroy();
    const session = sessionOf('agent-gone');
    const records = await gateway.recordsUntil((all) =>
      all.some(({ type, session: id }) => type === 'session.closed' && id === session),
    );
    const of = (type: string): number =>
      records.filter((record) => record['type'] === type && record['session'] === session).length;
    expect(of('exchange.outcome')).toBe(of('exchange.intent'));
  });
});

describe('a recorded session', () => {
  it('lists its transfers with bytes and hashes', async () => {
    writeFileSync(path.join(open, 'file'), 'content of the file');
    const client = await connectSsh2(await login({ sub: 'agent-replayed' }));
    const sftp = await openRawSftp(client);
    const handle = await opened(sftp, path.join(open, 'file'), OPEN.READ);
    await read(sftp, handle);
    await sftp.ask(TYPE.CLOSE, handle);
    sftp.channel.close();
    await client[Symbol.asyncDispose]();
    const session = sessionOf('agent-replayed');
    await gateway.recordsUntil((all) =>
      all.some(({ type, session: id }) => type === 'recording.closed' && id === session),
    );
    const token = await gateway.issuer.token({ sub: 'admin', groups: ['admins'] });
    let text = '';
    const options = ['--no-wait', '--api', gateway.api, '--ca', gateway.caFile, '--token', token];
    const code = await runCli(['sessions', 'replay', session, ...options], {
      stdout: { write: (piece) => (text += piece) },
      stderr: { write: (piece) => (text += piece) },
    });
    expect(code).toBe(0);
    expect(text).toContain(`READ on ${open}/file`);
    expect(text).toContain(createHash('sha256').update('content of the file').digest('hex'));
    expect(text).not.toContain('content of the file');
  });
});

function sessionOf(subject: string): string {
  const record = gateway
    .records()
    .find(
      ({ type, principal }) =>
        type === 'session.opened' && (principal as { subject?: string } | undefined)?.subject === subject,
    );
  return String(record?.['session']);
}
