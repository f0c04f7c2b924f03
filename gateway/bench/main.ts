/**
 * `npm run bench`: measures decisions, detectors, results, PostgreSQL, HTTP and SSH against their peers; prints tables and writes
 * `bench/results/<date>.json` (with the names of the legs, where they are some only). Quote ratios: absolute figures are the machine's.
 *
 * Options: `--quick` (one short round: a look, not figures), `--rounds N`, `--seconds N`, `--modes simple,prepared`,
 * `--clients 1,16`, `--tls no|yes|both`, `--rows N` (of large results), `--no-file`, and `--legs` for some of
 * `decisions,facts,detectors,rows,results,postgres,http,ssh`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureTools } from '../../scripts/test/debian-packages.ts';
import { tools } from '../test/support/installed-tool.ts';
import { benchDecision, formatDecisionResults } from './decision.ts';
import { benchFacts } from './facts.ts';
import { benchHttp, formatLarge, formatSmall } from './http/bench-http.ts';
import { NGINX } from './http/service.ts';
import { WRK } from './http/wrk.ts';
import { benchMasking, formatMaskingResults } from './masking.ts';
import { benchPostgres } from './postgres/bench-postgres.ts';
import { benchMaskedRows } from './postgres/masked-rows.ts';
import type { Cell } from './postgres/measure.ts';
import { QUERY_MODES } from './postgres/pgbench.ts';
import { benchResults, formatResults } from './results/bench-results.ts';
import { benchSsh, formatSsh } from './ssh/bench-ssh.ts';
import { benchMaskedOutput } from './ssh/masked-output.ts';

const ALL_LEGS = 'decisions,facts,detectors,rows,results,postgres,http,ssh';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    modes: { type: 'string', default: 'simple,extended,prepared' },
    clients: { type: 'string', default: '1,16' },
    tls: { type: 'string', default: 'both' },
    rows: { type: 'string', default: '1000000' },
    legs: { type: 'string', default: ALL_LEGS },
    'no-file': { type: 'boolean', default: false },
  },
});
const isQuick = options.quick;
const note = (line: string): void => console.error(`  ${line}`);

await ensureTools([
  tools.pgbench,
  { name: 'pgbouncer', debianPackage: 'pgbouncer' },
  { name: 'haproxy', debianPackage: 'haproxy' },
  NGINX,
  WRK,
  tools.ssh,
  tools.sshd,
]);
const legs = options.legs.split(',');
const results: Record<string, unknown> = {};
if (legs.includes('decisions')) {
  console.log('Decision cost (microseconds, warm)');
  const decisions = await benchDecision();
  console.log(formatDecisionResults(decisions));
  results['decisions'] = decisions;
}
if (legs.includes('facts')) {
  console.log('Text to facts and lineage (microseconds)');
  const facts = await benchFacts();
  console.table(facts);
  results['facts'] = facts;
}
if (legs.includes('detectors')) {
  console.log('Content detectors (one processor)');
  const masking = benchMasking();
  console.log(formatMaskingResults(masking));
  results['masking'] = masking;
  console.log('Output of commands, ten detectors (MB a CPU-second)');
  const maskedOutput = benchMaskedOutput();
  console.table(maskedOutput);
  results['maskedOutput'] = maskedOutput;
}
if (legs.includes('rows')) {
  console.log('PostgreSQL, masked rows in memory (6 text columns; millions of rows a CPU-second)');
  const maskedRows = benchMaskedRows();
  console.table(maskedRows);
  results['maskedRows'] = maskedRows;
}
if (legs.includes('results')) {
  console.log('PostgreSQL, a large result of 6 text columns, all ways in turn');
  const rows = Number(options.rows);
  const cells = await benchResults({ rows, rounds: Number(options.rounds ?? (isQuick ? 1 : 3)), note });
  console.table(formatResults(cells));
  results['results'] = cells;
}
if (legs.includes('postgres')) {
  console.log('PostgreSQL, pgbench select-only, all peers in turn');
  const cells = await benchPostgres({
    rounds: Number(options.rounds ?? (isQuick ? 1 : 3)),
    seconds: Number(options.seconds ?? (isQuick ? 2 : 5)),
    modes: QUERY_MODES.filter((mode) => options.modes.split(',').includes(mode)),
    clients: options.clients.split(',').map(Number),
    tls: [false, true].filter((tls) => options.tls === 'both' || options.tls === (tls ? 'yes' : 'no')),
    note,
  });
  if (cells !== undefined) console.table(cells.map(toRow));
  results['postgres'] = cells ?? null;
}
if (legs.includes('http')) {
  console.log('HTTP, answers of 2 KB by wrk and downloads by curl, all ways in turn');
  const found = await benchHttp({
    rounds: Number(options.rounds ?? (isQuick ? 1 : 3)),
    seconds: Number(options.seconds ?? (isQuick ? 2 : 5)),
    connections: isQuick ? [32] : [1, 32],
    gibibytes: isQuick ? 1 : 2,
    note,
  });
  if (found !== undefined) {
    console.table(formatSmall(found.small));
    console.table(formatLarge(found.large));
  }
  results['http'] = found ?? null;
}
if (legs.includes('ssh')) {
  console.log('SSH, by OpenSSH with aes128-gcm, all ways in turn');
  const cells = await benchSsh({
    rounds: Number(options.rounds ?? (isQuick ? 1 : 5)),
    connections: isQuick ? 3 : 10,
    megabytes: isQuick ? 100 : 300,
    note,
  });
  if (cells !== undefined) console.table(formatSsh(cells));
  results['ssh'] = cells ?? null;
}
if (!options['no-file']) writeResults();

function writeResults(): void {
  const folder = path.resolve(import.meta.dirname, '../../bench/results');
  mkdirSync(folder, { recursive: true });
  // Figures of some legs do not take the place of a whole run of the same day.
  const which = options.legs === ALL_LEGS ? '' : `-${legs.join('-')}`;
  const file = path.join(folder, `${new Date().toISOString().slice(0, 10)}${which}.json`);
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
  writeFileSync(
    file,
    `${JSON.stringify({ machine, quick: isQuick, ...results }, null, 2)}
`,
  );
  console.log(`Written to ${path.relative(process.cwd(), file)}`);
}

function toRow(cell: Cell): Record<string, string | number> {
  return {
    peer: cell.peer,
    mode: cell.mode,
    clients: cell.clients,
    tls: cell.tls ? 'yes' : 'no',
    tps: Math.round(cell.tps),
    '÷ direct': cell.toDirect.toFixed(2),
    '÷ pgbouncer': cell.toPgbouncer?.toFixed(2) ?? '',
    'p50 µs': Math.round(cell.p50Us),
    'added p50 µs': Math.round(cell.addedP50Us),
    'CPU µs': cell.cpuUs === undefined ? '' : Math.round(cell.cpuUs),
  };
}
