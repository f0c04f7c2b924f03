/** A machine with files that rules open, and with canaries that none does; the account could do everything to all of them. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { STATUS } from '../../../src/protocols/ssh/sftp/wire/numbers.ts';
import type { SftpReply } from '../../../src/protocols/ssh/sftp/wire/replies.ts';
import type { TestClient } from '../../support/ssh-clients.ts';
import { type SshScene, startSshScene } from '../../support/ssh-scene.ts';
import type { TestSshd } from '../../support/sshd.ts';

/** What stands in the files that nobody may read. */
export const CANARY = 'CANARY-of-the-machine';
const ALL = 'READ, WRITE, LIST, STAT, SETSTAT, MKDIR, RMDIR, DELETE, RENAME, LINK, SYMLINK';

/** The machine, and a client of the gateway before it. */
export interface FileScene extends AsyncDisposable {
  readonly scene: SshScene;
  readonly client: TestClient;
  /** What the rules are about: all may be done in `open`, nothing in `closed`. */
  readonly open: string;
  readonly closed: string;
  /** Makes all files anew. */
  build(): void;
  /** Everything of what nobody may touch. */
  snapshot(): unknown;
}

/** Whether it is a status, and not OK. */
export function isFailure(reply: SftpReply): boolean {
  return reply.kind === 'status' && reply.code !== STATUS.OK;
}

/** Starts one; undefined where there is no sshd. */
export async function startFileScene(): Promise<FileScene | undefined> {
  const scene = await startSshScene({ gateway: (sshd) => ({ policy: policyFor(sshd) }) });
  if (scene === undefined) return undefined;
  const { sshd } = scene;
  const client = await scene.connect();
  const open = path.join(sshd.folder, 'open');
  const closed = path.join(sshd.folder, 'closed');
  return {
    scene,
    client,
    open,
    closed,
    build: () => buildFiles(sshd, { open, closed }),
    snapshot: () => snapshotOf(sshd, { open, closed }),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}

type Places = Pick<FileScene, 'open' | 'closed'>;

function policyFor(sshd: TestSshd): string {
  return `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: open, effect: allow, on: files, match: { operations: [${ALL}], paths: ["${sshd.folder}/open/**"] } }
  - { id: shown, effect: allow, on: files, match: { operations: [READ, STAT], paths: ["${sshd.folder}/shown/**"] } }
  - { id: writable, effect: allow, on: files, match: { operations: [WRITE, STAT], paths: ["${sshd.folder}/writable/**"] } }
  - { id: secrets, effect: deny, on: files, match: { paths: ["/**/*.secret"] } }
`;
}

function buildFiles(sshd: TestSshd, { open, closed }: Places): void {
  for (const name of ['open', 'closed', 'shown', 'writable']) {
    rmSync(path.join(sshd.folder, name), { recursive: true, force: true });
    mkdirSync(path.join(sshd.folder, name));
    chmodSync(path.join(sshd.folder, name), 0o777);
  }
  mkdirSync(path.join(closed, 'empty'));
  mkdirSync(path.join(open, 'dir'));
  writeFileSync(path.join(closed, 'secret'), CANARY);
  writeFileSync(path.join(sshd.folder, 'shown/file'), CANARY);
  writeFileSync(path.join(open, 'in'), 'inside');
  writeFileSync(path.join(open, 'x.secret'), CANARY);
  // The account could do all of it: nothing but the gateway stands in the way.
  const { uid, gid } = userOf(sshd.user);
  for (const name of [
    'closed',
    'closed/secret',
    'closed/empty',
    'open',
    'open/dir',
    'open/in',
    'open/x.secret',
  ]) {
    if (process.getuid?.() === 0) chownSync(path.join(sshd.folder, name), uid, gid);
  }
  symlinkSync(closed, path.join(open, 'out'));
  symlinkSync(path.join(closed, 'secret'), path.join(open, 'file-link'));
  symlinkSync('..', path.join(open, 'up'));
  symlinkSync('/', path.join(open, 'root'));
  symlinkSync('../closed/new', path.join(open, 'dangling'));
  symlinkSync('self', path.join(open, 'self'));
  symlinkSync('out/secret', path.join(open, 'chain'));
}

function userOf(name: string): { readonly uid: number; readonly gid: number } {
  const number = (flag: string): number => Number(execFileSync('id', [flag, name]).toString());
  return { uid: number('-u'), gid: number('-g') };
}

function snapshotOf(sshd: TestSshd, { open, closed }: Places): unknown {
  const { mode, mtimeMs, nlink, uid } = statSync(path.join(closed, 'secret'));
  return [
    readdirSync(closed).sort(),
    readFileSync(path.join(closed, 'secret'), 'utf8'),
    [mode, mtimeMs, nlink, uid],
    statSync(path.join(open, 'x.secret')).nlink,
    readdirSync(path.join(sshd.folder, 'shown')),
  ];
}
