/**
 * A machine to log in to: an SSH server of its own that runs commands by `/bin/sh` in one folder, as whoever started the demo. It needs no
 * sshd and no rights. It lets in one key, and offers nothing but commands.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { newHostKeyText, readPrivateKey } from '../../../gateway/src/protocols/ssh/transport/keys.ts';
import { type KeyAttempt, type ServerChannel, ssh2 } from '../ssh2.ts';

/** The login of the machine. */
export const MACHINE_USER = 'deploy';

/** A machine that runs. */
export interface RunningMachine {
  readonly host: string;
  readonly port: number;
  /** Its host key in wire form (RFC 4253 section 6.6). */
  readonly hostKey: Buffer;
  /** The private key that it lets in, in OpenSSH's format. */
  readonly loginKey: string;
  /** Commands that arrived, as they arrived. */
  readonly arrivals: readonly string[];
  /** Ends what runs there, and the server. */
  stop(): Promise<void>;
}

/** A key, as ssh2 has it. */
type Key = NonNullable<ReturnType<typeof readPrivateKey>> & {
  verify(data: Buffer, signature: Buffer, algorithm?: string): boolean;
};

/** Starts one. @param folder where commands begin, and what is their home */
export async function startMachine(folder: string): Promise<RunningMachine> {
  const hostKey = newHostKeyText();
  const loginKey = newHostKeyText();
  const allowed = readKey(loginKey);
  const arrivals: string[] = [];
  const running = new Set<ChildProcess>();
  const sockets = new Set<Socket>();
  const sshServer = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (attempt: KeyAttempt) => authenticate(attempt, allowed));
    client.on('session', (accept: () => EventEmitter | undefined) => {
      accept()?.on(
        'exec',
        (acceptExec: () => ServerChannel, _: unknown, info: { readonly command: string }) => {
          arrivals.push(info.command);
          const child = run(info.command, folder, acceptExec());
          running.add(child);
          child.once('close', () => running.delete(child));
        },
      );
    });
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    sshServer.injectSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    host: '127.0.0.1',
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    hostKey: readKey(hostKey).getPublicSSH(),
    loginKey,
    arrivals,
    async stop() {
      for (const child of running) end(child);
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function authenticate(attempt: KeyAttempt, allowed: Key): void {
  const { method, username, key, signature, blob, hashAlgo } = attempt;
  const isAllowed =
    method === 'publickey' && username === MACHINE_USER && key?.data.equals(allowed.getPublicSSH()) === true;
  if (!isAllowed) {
    attempt.reject(['publickey']);
    return;
  }
  // Without a signature it only asks whether the key would do.
  if (signature === undefined || blob === undefined || allowed.verify(blob, signature, hashAlgo))
    attempt.accept();
  else attempt.reject(['publickey']);
}

function run(command: string, folder: string, channel: ServerChannel): ChildProcess {
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: folder,
    env: { HOME: folder, PATH: process.env['PATH'], LC_ALL: 'C' },
    // A group of its own, so that all of it can be ended.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.on('error', () => channel.exit(127));
  child.stdin.on('error', () => undefined);
  channel.on('error', () => undefined);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.once('close', (code: number | null, signal: string | null) => {
    if (code === null) channel.exit((signal ?? 'SIGKILL').slice(3), false, '');
    else channel.exit(code);
    channel.end();
  });
  channel.once('close', () => end(child));
  return child;
}

function end({ pid, exitCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

function readKey(text: string): Key {
  const key = readPrivateKey(text);
  if (key === undefined) throw new Error('a key that was just made cannot be read');
  return key as Key;
}
