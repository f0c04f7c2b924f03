/** PostgreSQL through the gateway against its peers; see `npm run bench`. */

import { startTestPostgres } from '../../test/support/postgres.ts';
import { runProcess } from '../../test/support/processes.ts';
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts';
import { type Cell, measure } from './measure.ts';
import {
  directPeer,
  type Peer,
  type PeerSetting,
  startHaproxy,
  startPgbouncer,
  startSallyport,
} from './peers.ts';
import { pgbenchProgram, type QueryMode } from './pgbench.ts';

/** How long and how often. */
export interface PostgresBenchOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly modes: readonly QueryMode[];
  readonly clients: readonly number[];
  readonly tls: readonly boolean[];
  readonly note: (line: string) => void;
}

/** Ways of the gateway. */
const GATEWAYS = [
  { durability: 'written', isRecorded: true },
  { durability: 'written', isRecorded: false },
  { durability: 'synced', isRecorded: true },
] as const;

/** Measures everything; undefined when pgbench is missing. */
export async function benchPostgres(options: PostgresBenchOptions): Promise<readonly Cell[] | undefined> {
  const program = pgbenchProgram();
  if (program === undefined) {
    options.note('pgbench is not installed (Debian package postgresql): skipped');
    return undefined;
  }
  const hba = 'host all all 127.0.0.1/32 scram-sha-256';
  await using postgres = await startTestPostgres({ hba, settings: { max_connections: '200', fsync: 'off' } });
  using folder = createTemporaryFolder('bench');
  const login = await postgres.createRole('app');
  await postgres.query('ALTER SCHEMA public OWNER TO app');
  await initialise(program, postgres.url({ ...login, database: 'postgres' }));
  const cells: Cell[] = [];
  for (const tls of options.tls) {
    cells.push(...(await benchLeg({ postgres, folder: folder.path, login, tls }, program, options)));
  }
  return cells;
}

async function benchLeg(
  setting: PeerSetting,
  program: string,
  options: PostgresBenchOptions,
): Promise<readonly Cell[]> {
  await using undo = new AsyncDisposableStack();
  const bouncer = await startPgbouncer(setting);
  const haproxy = await startHaproxy(setting);
  if (bouncer === undefined) options.note('pgbouncer is not installed: left out');
  else undo.use(bouncer.process);
  if (haproxy === undefined) options.note('haproxy is not installed: left out');
  else undo.use(haproxy.process);
  const gateways: Peer[] = [];
  for (const how of GATEWAYS) gateways.push(await startSallyport(setting, how, undo));
  const others = [bouncer?.peer, haproxy?.peer].filter((peer) => peer !== undefined);
  const peers = [directPeer(setting), ...others, ...gateways];
  const cells: Cell[] = [];
  for (const mode of options.modes) {
    for (const clients of options.clients) {
      const { rounds, seconds } = options;
      options.note(`${mode}, ${clients} client(s), ${setting.tls ? 'TLS' : 'plaintext'}`);
      cells.push(...(await measure({ program, peers, mode, clients, tls: setting.tls, rounds, seconds })));
    }
  }
  return cells;
}

async function initialise(program: string, url: string): Promise<void> {
  const { code, stderr } = await runProcess(program, ['-i', '-q', '-s', '1', url], { timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`pgbench -i failed: ${stderr.slice(-500)}`);
}
