/** A link that is put in the way between the look and the use, by somebody who is quicker: an sftp server that does it itself. */
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OPEN, STATUS, TYPE } from '../../../src/protocols/ssh/sftp/wire/numbers.ts';
import type { SftpReply } from '../../../src/protocols/ssh/sftp/wire/replies.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { openRawSftp, type RawSftp } from '../../support/raw-sftp.ts';
import { connectSsh2 } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const CANARY = 'CANARY-of-the-machine';

/** Passes everything on; in front of the first OPEN or OPENDIR of `racy` it puts a link in place of the folder. */
const SWAP = `use strict;
my ($folder, $target, $server) = @ARGV;
open(my $to, '|-', $server) or die;
binmode(STDIN); binmode($to);
while (sysread(STDIN, my $bytes, 65536)) {
  if ($bytes =~ /[\\x03\\x0b].{8}[^\\0]*racy/s) { rename($folder, "$folder.old"); symlink($target, $folder); }
  my $at = 0;
  $at += syswrite($to, $bytes, length($bytes) - $at, $at) while $at < length($bytes);
}
`;

let sshd: TestSshd;
let gateway: SshGateway;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  const [program, server, perl] = [tools.sshd, tools.sftpServer, tools.perl].map(findTool);
  if (program === undefined || server === undefined || perl === undefined) return;
  const folder = stack.use(createTemporaryFolder('swap'));
  chmodSync(folder.path, 0o755);
  const at = (name: string): string => path.join(folder.path, name);
  for (const name of ['open', 'closed']) {
    mkdirSync(at(name));
    chmodSync(at(name), 0o777);
  }
  writeFileSync(at('swap.pl'), SWAP, { mode: 0o644 });
  writeFileSync(at('closed/file'), CANARY);
  const subsystem = `Subsystem sftp ${perl} ${at('swap.pl')} ${at('open/racy')} ${at('closed')} ${server}`;
  sshd = stack.use(await startTestSshd(program, [subsystem]));
  root = folder.path;
  const policy = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: open, effect: allow, on: files, match: { operations: [READ, LIST, STAT], paths: ["${root}/open/**"] } }
`;
  gateway = stack.use(await startSshGateway({ sshd, policy }));
}, 60_000);
afterAll(() => stack.disposeAsync());

let root = '';

beforeEach((context) => {
  for (const tool of [tools.sshd, tools.sftpServer, tools.perl]) requireTool(context, tool);
  for (const name of ['racy', 'racy.old'])
    rmSync(path.join(root, 'open', name), { recursive: true, force: true });
  mkdirSync(path.join(root, 'open/making'));
  writeFileSync(path.join(root, 'open/making/file'), 'inside');
  renameSync(path.join(root, 'open/making'), path.join(root, 'open/racy'));
});

describe('a link that is put in the way once the path was judged', () => {
  it.each([
    ['a file', (sftp: RawSftp): Promise<SftpReply> => sftp.open(`${root}/open/racy/file`, OPEN.READ)],
    ['a folder', (sftp: RawSftp): Promise<SftpReply> => sftp.ask(TYPE.OPENDIR, `${root}/open/racy`)],
  ])(
    'P2: is seen before anything of %s is told',
    async (_, attempt) => {
      const { host, port } = gateway;
      const password = await gateway.issuer.token();
      await using client = await connectSsh2({ host, port, user: 'deploy+box', password });
      const sftp = await openRawSftp(client);
      expect(await attempt(sftp)).toMatchObject({ kind: 'status', code: STATUS.PERMISSION_DENIED });
      expect(sftp.lastWords()).toContain('leads elsewhere');
      expect(sftp.received().includes(CANARY)).toBe(false);
      await gateway.recordsUntil((all) =>
        all.some(
          ({ type, result }) =>
            type === 'exchange.outcome' && (result as { code?: string }).code === 'ERR_SSH_PATH_CHANGED',
        ),
      );
      // Asked for again it is judged by where it leads now.
      expect(await attempt(sftp)).toMatchObject({ kind: 'status', code: STATUS.PERMISSION_DENIED });
      expect(sftp.lastWords()).toContain('no rule allows it');
      sftp.channel.close();
    },
    30_000,
  );
});
