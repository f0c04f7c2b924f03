/** The four ways from pgbench to one PostgreSQL: directly, by pgbouncer, by HAProxy, by the gateway. */
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { findTool } from '../../test/support/installed-tool.ts';
import type { TestPostgres } from '../../test/support/postgres.ts';
import { type RunningProcess, startProcess } from '../../test/support/processes.ts';
import { startBenchGateway } from '../gateway-process.ts';

/** One way to the server. */
export interface Peer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Of its process; undefined where there is none, or more than one. */
  readonly pid?: number | undefined;
}

/** What the peers stand on. */
export interface PeerSetting {
  readonly postgres: TestPostgres;
  readonly folder: string;
  readonly login: { readonly user: string; readonly password: string };
  /** TLS from pgbench to the peer and from the peer to the server; else plaintext on loopback. */
  readonly tls: boolean;
}

/** A policy as a team would have it, not a toy: many rules that do not match, a few that do. */
export const BENCH_POLICY: string = `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: bounded-writes, effect: deny, on: sql, match: { kinds: [UPDATE, DELETE] }, when: "!sql.hasWhere", message: Add a WHERE. }
  - { id: no-ddl, effect: deny, on: sql, match: { groups: [agents], classes: [ddl, dcl] }, message: No DDL. }
  - { id: bench-read, effect: allow, on: sql, match: { groups: [agents], resources: [shop], kinds: [SELECT], tables: ["public.pgbench_*"] } }
  - { id: bench-write, effect: allow, on: sql, match: { groups: [agents], resources: [shop], kinds: [UPDATE, INSERT], tables: ["public.pgbench_*"] } }
${Array.from({ length: 95 }, (_, index) => `  - { id: other-${index}, effect: ${index % 5 === 4 ? 'deny' : 'allow'}, on: sql, match: { groups: [team-${index % 9}], kinds: [SELECT], tables: ["area${index}.*"] } }`).join('\n')}
`;

/** A port that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** pgbench straight to the server. */
export function directPeer({ postgres, login }: PeerSetting): Peer {
  const { host, port } = postgres.server;
  return { name: 'direct', host, port, ...login, database: 'postgres' };
}

/** HAProxy in TCP mode: it moves bytes, TLS included, and looks at none. */
export async function startHaproxy(
  setting: PeerSetting,
): Promise<{ peer: Peer; process: RunningProcess } | undefined> {
  const program = findTool({ name: 'haproxy', debianPackage: 'haproxy' });
  if (program === undefined) return undefined;
  const { postgres, folder, login } = setting;
  const port = await freePort();
  const file = path.join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 1000
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen pg
  bind 127.0.0.1:${port}
  server pg ${postgres.server.host}:${postgres.server.port}
`,
  );
  const process = startProcess(program, ['-f', file, '-db'], { timeoutMs: 3_600_000 });
  await reachable(port);
  const own = { name: 'haproxy', host: '127.0.0.1', port, pid: process.pid };
  return { peer: { ...own, ...login, database: 'postgres' }, process };
}

/** pgbouncer with session pooling: it knows the protocol and judges nothing. */
export async function startPgbouncer(
  setting: PeerSetting,
): Promise<{ peer: Peer; process: RunningProcess } | undefined> {
  const program = findTool({ name: 'pgbouncer', debianPackage: 'pgbouncer' });
  if (program === undefined) return undefined;
  const { postgres, login, tls } = setting;
  const folder = path.join(setting.folder, `pgbouncer-${tls ? 'tls' : 'plain'}`);
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  chmodSync(setting.folder, 0o755);
  const port = await freePort();
  const users = path.join(folder, 'users.txt');
  const cert = path.join(folder, 'server.crt');
  const key = path.join(folder, 'server.key');
  writeFileSync(users, `"${login.user}" "${login.password}"\n`, { mode: 0o644 });
  // It runs as another user, who cannot look into the certificate's own folder.
  const ca = path.join(folder, 'ca.crt');
  copyFileSync(postgres.certificate.caFile, ca);
  chmodSync(ca, 0o644);
  writeFileSync(cert, postgres.certificate.cert);
  writeFileSync(key, postgres.certificate.key, { mode: 0o644 });
  writeFileSync(
    path.join(folder, 'pgbouncer.ini'),
    `[databases]
postgres = host=${postgres.server.host} port=${postgres.server.port} dbname=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = session
default_pool_size = 100
max_client_conn = 500
ignore_startup_parameters = extra_float_digits
${tls ? `client_tls_sslmode = require\nclient_tls_cert_file = ${cert}\nclient_tls_key_file = ${key}\nserver_tls_sslmode = verify-ca\nserver_tls_ca_file = ${ca}` : 'server_tls_sslmode = disable'}
`,
    { mode: 0o644 },
  );
  const args = [...(process.getuid?.() === 0 ? ['-u', 'nobody'] : []), path.join(folder, 'pgbouncer.ini')];
  const running = startProcess(program, args, { timeoutMs: 3_600_000 });
  await reachable(port);
  return {
    peer: { name: 'pgbouncer', host: '127.0.0.1', port, ...login, database: 'postgres', pid: running.pid },
    process: running,
  };
}

/** The gateway, with policy, audit and everything else on; recording may be off. `undo` ends it. */
export async function startSallyport(
  { postgres, login, tls }: PeerSetting,
  how: { readonly durability: 'written' | 'synced'; readonly isRecorded: boolean },
  undo: AsyncDisposableStack,
): Promise<Peer> {
  const { durability, isRecorded } = how;
  const { site, process, port } = await startBenchGateway(
    {
      postgres,
      policy: BENCH_POLICY,
      password: login.password,
      recording: { enabled: isRecorded },
      durability,
      tls,
    },
    undo,
  );
  const password = await site.issuer.token({ groups: ['agents'], expiresIn: 24 * 3600 });
  const name = `sallyport ${durability}${isRecorded ? '' : ', unrecorded'}`;
  return { name, host: '127.0.0.1', port, user: 'app', password, database: 'shop', pid: process.pid };
}

async function reachable(port: number): Promise<void> {
  const { connect } = await import('node:net');
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}
