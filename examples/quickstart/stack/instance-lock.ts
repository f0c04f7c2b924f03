/**
 * One quick start per state folder. The lock is a socket, not a pid: the kernel closes it when its owner dies in
 * whatever way, and no other process can come to own it by chance.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { QuickstartError } from '../errors.ts';

const ATTEMPTS = 5;
const ANSWER_TIMEOUT_MS = 2_000;

/** Held until released or until the process ends. */
export interface InstanceLock {
  release(): Promise<void>;
}

interface LockContent {
  readonly pid: number;
  readonly port: number;
  readonly nonce: string;
}

/** Takes the lock of `folder`, also over a dead owner; throws `ERR_QUICKSTART_RUNNING` when its owner lives. */
export async function acquireInstanceLock(folder: string): Promise<InstanceLock> {
  const file = path.join(folder, 'quickstart.lock');
  const nonce = randomBytes(16).toString('hex');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(nonce);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  try {
    await claim(file, { pid: process.pid, port, nonce });
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    release: async () => {
      server.close();
      if ((await readLock(file))?.nonce === nonce) await rm(file, { force: true });
    },
  };
}

async function claim(file: string, content: LockContent): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const isCreated = await writeFile(file, JSON.stringify(content), { flag: 'wx', mode: 0o600 }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (isCreated) return;
    const owner = await readLock(file);
    if (owner !== undefined && (await isAlive(owner))) {
      throw new QuickstartError(
        'ERR_QUICKSTART_RUNNING',
        `the quick start is already running here (process ${owner.pid}); stop it with Ctrl-C in its terminal, ` +
          `or with: kill ${owner.pid}`,
      );
    }
    await rm(file, { force: true });
  }
  throw new QuickstartError('ERR_QUICKSTART_RUNNING', `another quick start is starting here; see ${file}`);
}

/** Undefined when there is no lock, or nothing that was ever one. */
async function readLock(file: string): Promise<LockContent | undefined> {
  try {
    const content = JSON.parse(await readFile(file, 'utf8')) as Partial<LockContent> | null;
    const { pid, port, nonce } = content ?? {};
    if (typeof pid !== 'number' || typeof port !== 'number' || typeof nonce !== 'string') return undefined;
    return Number.isInteger(port) && port > 0 && port <= 65_535 ? { pid, port, nonce } : undefined;
  } catch {
    return undefined;
  }
}

/** Whoever answers with the nonce is the owner; anybody else has only got the same port later. */
async function isAlive({ port, nonce }: LockContent): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  try {
    const [answer] = (await once(socket, 'data', { signal })) as [Buffer];
    return answer.toString() === nonce;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
