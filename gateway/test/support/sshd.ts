/**
 * A real sshd of OpenSSH on loopback, with keys and a config of its own, started by the user of the tests. Logins are of that user; of
 * one without rights where it is root, because sshd passes no signals on to root's programs.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fingerprintOf, newHostKeyText, readPrivateKey } from '../../src/protocols/ssh/transport/keys.ts';
import { holdMachineLock } from './machine-lock.ts';
import { startProcess } from './processes.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

/** A running sshd. */
export interface TestSshd extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Login that {@link keyFile} is for. */
  readonly user: string;
  readonly home: string;
  readonly keyFile: string;
  /** Of its one host key, an Ed25519 key. */
  readonly fingerprint: string;
  /** A line for known_hosts, without its host. */
  readonly publicKey: string;
  /** A folder for canary files, empty at first. */
  readonly folder: string;
  output(): string;
}

/** Starts it. @param program absolute path: sshd starts itself anew for each connection */
export async function startTestSshd(program: string, config: readonly string[] = []): Promise<TestSshd> {
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(createTemporaryFolder('sshd'));
  const at = (name: string): string => path.join(folder.path, name);
  const port = await freePort();
  const { user, home } = await testLogin();
  // The login reads its keys there, and writes canaries.
  chmodSync(folder.path, 0o755);
  // Of the package's service, which is not started here: root's sshd wants it to be there.
  if (process.getuid?.() === 0 && !existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 });
  const hostKey = newHostKeyText();
  writeFileSync(at('host_key'), hostKey, { mode: 0o600 });
  const loginKey = newHostKeyText();
  writeFileSync(at('login_key'), loginKey, { mode: 0o600 });
  writeFileSync(at('authorized_keys'), `${publicLine(loginKey)}\n`, { mode: 0o644 });
  mkdirSync(at('canary'));
  chmodSync(at('canary'), 0o777);
  const lines = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${at('host_key')}`,
    `AuthorizedKeysFile ${at('authorized_keys')}`,
    `PidFile ${at('pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitUserEnvironment no',
    'AcceptEnv *',
    ...(config.some((line) => line.startsWith('Subsystem ')) ? [] : ['Subsystem sftp internal-sftp']),
    'MaxStartups 500',
    // Its default is 10, and a channel counts until some time after its client has seen it closed.
    ...(config.some((line) => line.startsWith('MaxSessions ')) ? [] : ['MaxSessions 100']),
    'LogLevel VERBOSE',
    ...config,
  ];
  writeFileSync(at('config'), `${lines.join('\n')}\n`);
  const running = undo.use(
    startProcess(program, ['-D', '-e', '-f', at('config')], { timeoutMs: 15 * 60_000 }),
  );
  await running.waitForOutput(/Server listening on/);
  const owned = undo.move();
  return {
    host: '127.0.0.1',
    port,
    user,
    home,
    keyFile: at('login_key'),
    fingerprint: fingerprintOf(publicPart(hostKey)),
    publicKey: publicLine(hostKey),
    folder: at('canary'),
    output: () => running.output(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** In wire form (RFC 4253 section 6.6). */
function publicPart(privateKey: string): Buffer {
  const key = readPrivateKey(privateKey);
  if (key === undefined) throw new Error('a key that was just made cannot be read');
  return key.getPublicSSH();
}

function publicLine(privateKey: string): string {
  return `ssh-ed25519 ${publicPart(privateKey).toString('base64')}`;
}

const TEST_USER = 'sallyport-ssh-test';

/** The user of the tests, or one that root makes once. */
async function testLogin(): Promise<{ readonly user: string; readonly home: string }> {
  if (process.getuid?.() !== 0) {
    const { username, homedir } = os.userInfo();
    return { user: username, home: homedir };
  }
  await using _held = await holdMachineLock('ssh-user');
  if (!readFileSync('/etc/passwd', 'utf8').includes(`\n${TEST_USER}:`)) {
    // No password fits `*`, and the account is not locked, as it would be without one.
    execFileSync('/usr/sbin/useradd', ['-M', '-d', '/tmp', '-s', '/bin/sh', '-p', '*', TEST_USER]);
  }
  return { user: TEST_USER, home: '/tmp' };
}

/** sshd cannot choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
