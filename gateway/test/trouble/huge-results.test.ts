/** A value of a gigabyte and rows of ten thousand columns, with masks: the memory of the gateway does not follow them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeCommandComplete } from '../../src/protocols/postgres/wire/backend/command-complete.ts';
import { encodeDataRow } from '../../src/protocols/postgres/wire/backend/data-row.ts';
import { encodeReadyForQuery } from '../../src/protocols/postgres/wire/backend/ready-for-query.ts';
import { query } from '../bypass/messages.ts';
import { type HostileServer, startHostileServer } from '../e2e/postgres/hostile-server.ts';
import { type MeasuredGateway, startMeasuredGateway } from '../e2e/process/measured-gateway.ts';
import { rawMessage } from '../e2e/upstream/server-messages.ts';
import { RawClient, rawLogin } from '../support/raw-client.ts';
import { watchFor } from './secret-watch.ts';

const MEGABYTE = 1024 * 1024;
/** PostgreSQL takes no value, and sends no row, of 2^30 bytes. */
const HUGE = 1_000_000_000;
/** What a gateway may need for a while beyond what it had, whatever it streams. */
const MOST_GROWTH = 128 * MEGABYTE;
const SECRETS = ['ada@hidden.example', '078-05-1120'];
const READY = encodeReadyForQuery('I');

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents, masked, scanned] } }
  - { id: plain, effect: allow, on: sql, match: { groups: [agents] } }
  - id: masked
    effect: allow
    on: sql
    match: { groups: [masked], kinds: [SELECT, COPY], tables: ['public.huge'] }
    mask: [{ columns: ['*.email', '*.ssn', '*.masked'], with: redact }]
  - { id: copies, effect: allow, on: sql, match: { groups: [masked], kinds: [COPY] } }
  - id: scanned
    effect: allow
    on: sql
    match: { groups: [scanned], kinds: [SELECT] }
    mask: [{ detect: [email], with: redact }]
`;

let server: HostileServer;
let under: MeasuredGateway;

beforeAll(async () => {
  server = await startHostileServer();
  under = await startMeasuredGateway({
    policy: POLICY,
    moreResources: [server.resource],
    setUp: `CREATE TABLE huge (id int, email text, clean text, masked text, ssn text);
INSERT INTO huge SELECT 1, '${SECRETS[0]}', big, '${SECRETS[0]}', '${SECRETS[1]}' FROM (SELECT repeat('x', ${HUGE}) AS big) made;
INSERT INTO huge SELECT 2, '${SECRETS[0]}', 'small', clean, '${SECRETS[1]}' FROM huge;
GRANT SELECT ON huge TO app`,
  });
  // The parser is compiled anew while it is used for the first time, which takes hundreds of megabytes for a while.
  await using client = await connect('masked');
  for (let i = 0; i < 300; i += 1)
    await client.ask(query(`SELECT id, email, ssn FROM huge WHERE id = ${i + 10}`));
  await stream('masked', 'SELECT id, email, masked, ssn FROM huge WHERE id = 2');
}, 180_000);

afterEach(() => under.checkOthers());

afterAll(async () => {
  await under.stop();
  await server[Symbol.asyncDispose]();
});

async function connect(group: string, database = 'shop'): Promise<RawClient> {
  const token = await under.site.issuer.token({ groups: [group], expiresIn: 3600 });
  return RawClient.connect(await rawLogin(under.gateway, { token, database }));
}

/** Peak of the resident memory since the last call, in bytes (proc_pid_status(5), proc_pid_clear_refs). */
function peak(): number {
  const folder = `/proc/${under.gateway.pid}`;
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`${folder}/status`, 'latin1')) ?? [];
  writeFileSync(`${folder}/clear_refs`, '5');
  return Number(kilobytes) * 1024;
}

interface Streamed {
  readonly bytes: number;
  readonly secrets: readonly string[];
  readonly growth: number;
}

/** Asks, reads all up to ReadyForQuery or the end, and forgets it. */
async function readAll(
  client: RawClient,
  text: string,
  secrets: readonly string[],
): Promise<Pick<Streamed, 'bytes' | 'secrets'>> {
  const watch = watchFor(secrets);
  let tail: Buffer = Buffer.alloc(0);
  const ready = new Promise<void>((resolve) => {
    client.discard((chunk) => {
      watch.look(chunk);
      tail = Buffer.concat([tail, chunk.subarray(-READY.length)]).subarray(-READY.length);
      if (tail.equals(READY)) resolve();
    });
  });
  client.send(query(text));
  await Promise.race([ready, client.closed()]);
  return { bytes: client.discarded, secrets: [...watch.seen] };
}

/** The same in a session of its own, with the memory that it took. */
async function stream(group: string, text: string): Promise<Streamed> {
  await using client = await connect(group);
  const { rss } = await under.gateway.memory();
  peak();
  const read = await readAll(client, text, SECRETS);
  return { ...read, growth: peak() - rss };
}

const isLinux = process.platform === 'linux';

describe.skipIf(!isLinux)('a value of a gigabyte', () => {
  const timeout = 180_000;

  it('P10, P5: streams through between masked columns', { timeout }, async () => {
    const { bytes, secrets, growth } = await stream(
      'masked',
      'SELECT id, email, clean, ssn FROM huge WHERE id = 1',
    );
    expect(bytes).toBeGreaterThan(HUGE);
    expect(secrets).toEqual([]);
    expect(growth).toBeLessThan(MOST_GROWTH);
  });

  it('P10, P5: is taken out where it is masked itself', { timeout }, async () => {
    const { bytes, secrets, growth } = await stream(
      'masked',
      'SELECT id, email, masked, ssn FROM huge WHERE id = 2',
    );
    expect(bytes).toBeLessThan(MEGABYTE);
    expect(bytes).toBeGreaterThan(0);
    expect(secrets).toEqual([]);
    expect(growth).toBeLessThan(MOST_GROWTH);
  });

  it('P10, P5: is taken out where detectors would have to read it', { timeout }, async () => {
    const { bytes, secrets, growth } = await stream(
      'scanned',
      'SELECT id, email, clean FROM huge WHERE id = 1',
    );
    expect(bytes).toBeLessThan(MEGABYTE);
    expect(secrets).toEqual([]);
    expect(growth).toBeLessThan(MOST_GROWTH);
  });

  it('P10, P5: streams through a COPY whose other columns are masked', { timeout }, async () => {
    const { bytes, secrets, growth } = await stream('masked', 'COPY huge (id, email, clean, ssn) TO STDOUT');
    expect(bytes).toBeGreaterThan(HUGE);
    expect(secrets).toEqual([]);
    expect(growth).toBeLessThan(MOST_GROWTH);
  });

  it('P4: what a recording leaves out of it is on record', { timeout }, async () => {
    const listed = await under.site.run('sessions', 'list', '--json', '-c', under.site.configFile);
    const sessions = [...listed.stdout.matchAll(/ses_\w+/g)].map(([id]) => id);
    const exported = await Promise.all(
      [...new Set(sessions)].map(async (id) =>
        under.site.run('sessions', 'export', id, '-c', under.site.configFile),
      ),
    );
    const dropped = exported.flatMap(({ stdout }) => [...stdout.matchAll(/"droppedBytes":(\d+)/g)]);
    expect(Math.max(...dropped.map(([, count]) => Number(count)))).toBeGreaterThan(HUGE / 2);
  });
});

/** RowDescription of so many text columns without origin. */
function describeColumns(count: number): Buffer {
  const fields = Array.from({ length: count }, (_, at) => {
    const name = Buffer.from(`c${at}\0`);
    const rest = Buffer.alloc(18);
    // Text, of any length, without modifier, in text format.
    rest.writeInt32BE(25, 6);
    rest.writeInt16BE(-1, 10);
    rest.writeInt32BE(-1, 12);
    return Buffer.concat([name, rest]);
  });
  const head = Buffer.alloc(2);
  head.writeUInt16BE(count);
  return rawMessage('T', Buffer.concat([head, ...fields]));
}

describe('ten thousand columns', () => {
  const COLUMNS = 10_000;
  const cells = Array.from({ length: COLUMNS }, (_, at) => (at % 1_000 === 7 ? `${SECRETS[0]}` : `v${at}`));
  const rows = Array.from({ length: 20 }, () => encodeDataRow(cells));
  const answer = Buffer.concat([
    describeColumns(COLUMNS),
    ...rows,
    encodeCommandComplete('SELECT 20'),
    encodeReadyForQuery('I'),
  ]);

  it('P10: pass, although no PostgreSQL sends them', async () => {
    server.behave((socket) => void socket.write(answer));
    await using client = await connect('agents', 'hostile');
    const { bytes, secrets } = await readAll(client, 'SELECT 1', ['v9999']);
    expect(bytes).toBe(answer.length);
    expect(secrets).toEqual(['v9999']);
  });

  it('P5, P10: are masked, or the session ends; nothing gets out', async () => {
    const before = await under.gateway.memory();
    server.behave((socket) => void socket.write(answer));
    await using client = await connect('scanned', 'hostile');
    const { bytes, secrets } = await readAll(client, 'SELECT 1', SECRETS);
    expect(bytes).toBeGreaterThan(0);
    expect(secrets).toEqual([]);
    expect(await under.growthSince(before)).toBeLessThan(12 * MEGABYTE);
  });
});
