/** The machine behind the gateway that clients of SSH talk with, and the policy in front of it. */
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { findTool, tools } from '../support/installed-tool.ts';
import { type SshGateway, startSshGateway } from '../support/ssh-gateway.ts';
import { startTestSshd } from '../support/sshd.ts';

const policyOf = (folder: string): string => `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: harmless
    effect: allow
    on: shell
    match: { groups: [agents], kinds: [RUN, SET], argv: ['echo **', 'cat **', 'cd **', 'pwd', 'true', 'false', 'wc **', 'exit **'] }
  - { id: names, effect: allow, on: shell, match: { groups: [agents], kinds: [SET], variables: [x] } }
  - id: ansible
    effect: allow
    on: shell
    match:
      groups: [agents]
      kinds: [RUN]
      argv: ['sleep 0', 'umask 77', 'mkdir **', 'chmod u+rwx ${folder}/open/ansible/** **', 'rm -f -r ${folder}/open/ansible/** **']
  - id: ansible-modules
    effect: allow
    on: shell
    match:
      groups: [agents]
      kinds: [RUN]
      argv: ['python3 ${folder}/open/ansible/**']
      opaque: ['script:${folder}/open/ansible/**']
  - id: open
    effect: allow
    on: files
    match: { groups: [agents], operations: [READ, WRITE, LIST, STAT, SETSTAT, MKDIR, RMDIR, DELETE, RENAME], paths: ["${folder}/open", "${folder}/open/**"] }
`;

/** The gateway, and a folder on the machine that is open to all. */
export interface Machine extends AsyncDisposable {
  readonly gateway: SshGateway;
  readonly open: string;
}

/** Starts both; undefined where there is no sshd. */
export async function startMachine(): Promise<Machine | undefined> {
  await using undo = new AsyncDisposableStack();
  const program = findTool(tools.sshd);
  if (program === undefined) return undefined;
  const sshd = undo.use(await startTestSshd(program));
  const open = path.join(sshd.folder, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  const gateway = undo.use(
    await startSshGateway({
      sshd,
      policy: policyOf(sshd.folder),
      recording: {},
      resource: { shell: 'guarded' },
      account: { home: sshd.home },
    }),
  );
  const owned = undo.move();
  return { gateway, open, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
