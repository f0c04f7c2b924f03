/** A real desktop behind Network Level Authentication alone, which draws by the fast path: FreeRDP's shadow server over an Xvfb with an xterm. */
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { ntHash } from '../../src/protocols/rdp/nla/ntlm/keys.ts';
import { startProcess } from './processes.ts';
import { createTemporaryFolder } from './temporary-folder.ts';
import { startDisplay } from './virtual-display.ts';

/** A running machine. */
export interface TestShadow extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** It has none that a chain would lead to: see {@link resource}. */
  readonly certificateFile: string;
  /** Keys of a resource that logs in to it: NLA, its key pinned. */
  readonly resource: { readonly security: 'nla'; readonly tls: { readonly pins: readonly string[] } };
  /** Where the shell of its terminal stands. */
  readonly folder: string;
  /** DISPLAY of the machine itself. */
  readonly display: string;
  output(): string;
}

/** How it is started. */
export interface ShadowOptions {
  /** Of the terminal, in characters and from the corner. */
  readonly geometry?: string;
  /** Ends all of it after this. */
  readonly timeoutMs?: number;
  /** A folder in which the screen of the machine is a file. */
  readonly framebuffer?: string;
}

/** Starts it. Unlike xrdp there may be many at once, and they need no root. @param programs absolute paths */
export async function startTestShadow(
  programs: { readonly freerdpShadow: string; readonly xvfb: string; readonly xterm: string },
  { geometry = '90x30+20+20', timeoutMs = 120_000, framebuffer }: ShadowOptions = {},
): Promise<TestShadow> {
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(createTemporaryFolder('shadow')).path;
  const inFile = framebuffer === undefined ? [] : ['-fbdir', framebuffer];
  const machine = undo.use(await startDisplay(programs.xvfb, timeoutMs, inFile));
  const env = { DISPLAY: machine.name, HOME: folder };
  const shell = ['-geometry', geometry, '-e', 'sh'];
  undo.use(startProcess(programs.xterm, shell, { env, cwd: folder, timeoutMs }));
  const password = randomBytes(12).toString('hex');
  const sam = path.join(folder, 'sam');
  writeFileSync(sam, `Administrator:::${ntHash(password).toString('hex')}:::\n`, { mode: 0o600 });
  const port = await freePort();
  const args = [`/port:${port}`, '/bind-address:127.0.0.1', '/sec:nla', '+auth', `/sam-file:${sam}`];
  const target = undo.use(startProcess(programs.freerdpShadow, args, { env, timeoutMs }));
  const certificate = path.join(folder, '.config/freerdp/shadow/shadow.crt');
  await until(
    async () => existsSync(certificate) && (await listens(port)),
    () => target.output(),
  );
  const key = new X509Certificate(readFileSync(certificate)).publicKey.export({
    type: 'spki',
    format: 'der',
  });
  const owned = undo.move();
  return {
    host: '127.0.0.1',
    port,
    user: 'Administrator',
    password,
    certificateFile: '',
    resource: { security: 'nla', tls: { pins: [createHash('sha256').update(key).digest('hex')] } },
    folder,
    display: machine.name,
    output: () => target.output(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function until(isSo: () => Promise<boolean>, output: () => string): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`the shadow server does not start: ${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
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
