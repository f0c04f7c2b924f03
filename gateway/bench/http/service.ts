/** What is asked for: files that nginx serves, because nothing may be slower than what is measured. */
import { chmodSync, closeSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findTool, type Tool } from '../../test/support/installed-tool.ts';
import { type RunningProcess, startProcess } from '../../test/support/processes.ts';
import { freePort } from '../postgres/peers.ts';

/** Serves what is asked for, and stands in between as a peer. */
export const NGINX: Tool = { name: 'nginx', debianPackage: 'nginx-light' };

/** A server that runs. */
export interface RunningServer {
  readonly port: number;
  readonly process: RunningProcess;
}

/** Starts nginx with one worker and a server block. Undefined where it is not installed. */
export async function startNginx(
  folder: string,
  name: string,
  block: (port: number) => string,
): Promise<RunningServer | undefined> {
  const program = findTool(NGINX);
  if (program === undefined) return undefined;
  const home = path.join(folder, name);
  mkdirSync(home);
  const port = await freePort();
  const file = path.join(home, 'nginx.conf');
  // It runs as whoever started it: its own user could not look into the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  writeFileSync(
    file,
    `${user}
worker_processes 1;
daemon off;
pid ${home}/pid;
error_log ${home}/error.log warn;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  sendfile on;
  tcp_nopush on;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi;
  types { application/json json; application/x-ndjson ndjson; application/octet-stream bin; }
  ${block(port)}
}
`,
  );
  const running = startProcess(program, ['-c', file, '-p', home], { timeoutMs: 3_600_000 });
  await reachable(port);
  return { port, process: running };
}

/** Twenty customers, some 2 KB, of which each has an e-mail address. */
function customers(): string {
  const list = Array.from({ length: 20 }, (_, index) => ({
    id: index + 1,
    name: `Customer ${index + 1}`,
    email: `customer${index + 1}@mail.example`,
    city: ['Oslo', 'Porto', 'Ghent', 'Turku'][index % 4],
    orders: index * 3,
  }));
  return JSON.stringify({ customers: list });
}

/** Writes the files and serves them. `largeBytes` is the size of the download. */
export async function startService(folder: string, largeBytes: number): Promise<RunningServer | undefined> {
  const root = path.join(folder, 'files');
  mkdirSync(root);
  chmodSync(folder, 0o755);
  writeFileSync(path.join(root, 'customers.json'), customers());
  const large = path.join(root, 'large.bin');
  // A file with a hole: nothing is read from a disk.
  writeFileSync(large, '');
  truncateSync(large, largeBytes);
  writeLines(path.join(root, 'lines.ndjson'), 256 * 1024 * 1024);
  return startNginx(
    folder,
    'service',
    (port) => `server { listen 127.0.0.1:${port} reuseport; root ${root}; }`,
  );
}

function writeLines(file: string, bytes: number): void {
  const block = Buffer.from(`${customers()}\n`.repeat(512));
  const fd = openSync(file, 'w');
  for (let written = 0; written < bytes; written += block.length) writeSync(fd, block);
  closeSync(fd);
}

/** Resolves when something listens there. */
export async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (isOpen) return;
    await pause(50);
  }
  throw new Error(`nothing listens on port ${port}`);
}
