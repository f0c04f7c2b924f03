/**
 * A real xrdp on loopback, with keys and a config of its own. Desktops are of a login that root makes once: sesman starts Xorg as that
 * login, after its password. Its port for sesman is fixed in its packages, so there is one at a time: others wait.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { holdMachineLock } from './machine-lock.ts';
import { startProcess } from './processes.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

/** A running xrdp. */
export interface TestXrdp extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** PEM file of its certificate, which is its own CA, for `localhost`. */
  readonly certificateFile: string;
  /** A folder that desktops write to. */
  readonly folder: string;
  output(): string;
}

const USER = 'sallyport-rdp-test';

/** What a desktop shows: a terminal that has the keyboard, and a script as its shell's beginning. */
const DESKTOP = `#!/bin/sh
cd @folder@
openbox &
exec xterm -geometry 90x30+20+20 -fa Monospace -e sh
`;

/** What a suite allows for {@link startTestXrdp}, milliseconds: three others may be before it. */
export const XRDP_PATIENCE_MS = 330_000;

/** Starts it, as root: nobody else may start desktops of another login. @param programs absolute paths */
export async function startTestXrdp(programs: {
  readonly xrdp: string;
  readonly sesman: string;
}): Promise<TestXrdp> {
  await using undo = new AsyncDisposableStack();
  undo.use(await holdMachineLock('xrdp'));
  const folder = undo.use(createTemporaryFolder('xrdp')).path;
  chmodSync(folder, 0o755);
  const at = (name: string): string => path.join(folder, name);
  const password = randomBytes(12).toString('hex');
  makeLogin(password);
  cpSync('/etc/xrdp', at('config'), { recursive: true, dereference: true });
  for (const name of ['key.pem', 'cert.pem']) rmSync(at(`config/${name}`), { force: true });
  makeCertificate(at('config'));
  mkdirSync(at('work'));
  chmodSync(at('work'), 0o777);
  writeFileSync(at('desktop.sh'), DESKTOP.replace('@folder@', at('work')), { mode: 0o755 });
  mkdirSync('/run/xrdp', { recursive: true, mode: 0o755 });
  const port = await freePort();
  change(at('config/xrdp.ini'), {
    port: `tcp://127.0.0.1:${port}`,
    security_layer: 'tls',
    certificate: at('config/cert.pem'),
    key_file: at('config/key.pem'),
    LogFile: at('xrdp.log'),
    EnableSyslog: 'false',
  });
  change(at('config/sesman.ini'), {
    EnableUserWindowManager: 'false',
    DefaultWindowManager: at('desktop.sh'),
    LogFile: at('sesman.log'),
    EnableSyslog: 'false',
  });
  const options = { timeoutMs: 15 * 60_000 };
  // What a login started outlives sesman.
  undo.defer(endDesktops);
  undo.use(startProcess(programs.sesman, ['-n', '-c', at('config/sesman.ini')], options));
  undo.use(startProcess(programs.xrdp, ['-n', '-c', at('config/xrdp.ini')], options));
  await answers(port, () => readLogs(folder));
  const owned = undo.move();
  return {
    host: '127.0.0.1',
    port,
    user: USER,
    password,
    certificateFile: at('config/cert.pem'),
    folder: at('work'),
    output: () => readLogs(folder),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function makeLogin(password: string): void {
  if (!readFileSync('/etc/passwd', 'utf8').includes(`\n${USER}:`)) {
    execFileSync('/usr/sbin/useradd', ['-m', '-s', '/bin/sh', USER]);
  }
  execFileSync('/usr/sbin/chpasswd', { input: `${USER}:${password}\n` });
}

function makeCertificate(folder: string): void {
  const files = ['-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files];
  execFileSync('openssl', args, { stdio: 'ignore' });
}

/** Sets keys of an ini file, wherever they stand first. */
function change(file: string, keys: Readonly<Record<string, string>>): void {
  let text = readFileSync(file, 'utf8');
  for (const [key, value] of Object.entries(keys)) {
    const line = new RegExp(`^${key}=.*$`, 'm');
    if (!line.test(text)) throw new Error(`${file} has no ${key}`);
    text = text.replace(line, `${key}=${value}`);
  }
  writeFileSync(file, text);
}

/** Ends what runs as the login of the tests, which nobody else uses. */
function endDesktops(): void {
  const uid = Number(execFileSync('/usr/bin/id', ['-u', USER], { encoding: 'utf8' }));
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (statSync(`/proc/${name}`).uid === uid) process.kill(Number(name), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  freeDisplays(uid);
}

/** Displays of servers that were killed stay taken by their files, and sesman has fifty numbers. */
function freeDisplays(uid: number): void {
  const filesIn = (folder: string): readonly string[] =>
    existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [];
  const locks = filesIn('/tmp').filter((file) => /\/\.X\d+-lock$/.test(file));
  for (const file of [...locks, ...filesIn('/tmp/.X11-unix'), ...filesIn('/run/xrdp/sockdir')])
    if (statSync(file, { throwIfNoEntry: false })?.uid === uid) rmSync(file, { force: true });
}

function readLogs(folder: string): string {
  const names = readdirSync(folder).filter((name) => name.endsWith('.log'));
  return names.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('\n');
}

/** Resolves once something listens there; it says so in its log alone. */
async function answers(port: number, log: () => string): Promise<void> {
  const until = Date.now() + 20_000;
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return;
    if (Date.now() > until) throw new Error(`xrdp does not start: ${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** xrdp cannot choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
