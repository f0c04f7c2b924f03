/**
 * Writers and readers that mark every statement, and note what they were told: afterwards audit, table and notes can be
 * held against each other. A mark is `r<round>-<worker>-<n>`; it stands in the statement's text or in its parameters.
 */
import type pg from 'pg';
import {
  encodeCopyDone,
  encodeSync,
} from '../../../src/protocols/postgres/wire/frontend/bare-frontend-messages.ts';
import { encodeBind } from '../../../src/protocols/postgres/wire/frontend/bind.ts';
import { encodeExecute } from '../../../src/protocols/postgres/wire/frontend/execute.ts';
import { encodeParse } from '../../../src/protocols/postgres/wire/frontend/parse.ts';
import { encodeQuery } from '../../../src/protocols/postgres/wire/frontend/query.ts';
import { RawClient, rawLogin } from '../../support/raw-client.ts';
import { rawMessage } from '../upstream/server-messages.ts';
import type { GatewayProcess } from './gateway-process.ts';

/** The table that the load writes to. */
export const LEDGER = 'CREATE TABLE ledger (id text PRIMARY KEY)';

/** A mark, wherever it stands. Rows of one COPY have the COPY's mark and a number behind a dot. */
export const MARK: RegExp = /r\d+-[a-z]+-\d+/g;

/** What clients were told in one round. */
export interface Notes {
  /** Marks of statements that were answered. */
  readonly answered: Set<string>;
  /** Marks of rows whose commit was acknowledged. */
  readonly committed: Set<string>;
  /** What went wrong while the gateway was there. */
  readonly failures: unknown[];
}

/** One client's work, endless or not; `note` is called for each answer. Rejects or returns when the gateway is gone. */
export type Worker = (gateway: GatewayProcess, next: () => string, note: Note) => Promise<void>;

/** Notes an answer: marks of statements that ran, and of rows whose commit it acknowledged. */
export type Note = (answered: readonly string[], committed?: readonly string[]) => void;

/** Work of one client of node-postgres, over and over. */
export const withClient =
  (use: (client: pg.Client, next: () => string, note: Note) => Promise<void>, sub?: string): Worker =>
  async (gateway, next, note) => {
    const client = await gateway.connect(sub === undefined ? {} : { claims: { sub } });
    try {
      for (;;) await use(client, next, note);
    } finally {
      client.end().catch(() => undefined);
    }
  };

const insert = (mark: string): string => `INSERT INTO ledger VALUES ('${mark}')`;

/** Work that nothing is obliged for: of each form of the protocol. */
export const PLAIN_WORKERS: Readonly<Record<string, Worker>> = {
  simple: withClient(async (client, next, note) => {
    const mark = next();
    await client.query(insert(mark));
    note([mark], [mark]);
  }),
  prepared: withClient(async (client, next, note) => {
    const mark = next();
    await client.query({ name: 'add', text: 'INSERT INTO ledger VALUES ($1)', values: [mark] });
    note([mark], [mark]);
  }),
  transaction: withClient(async (client, next, note) => {
    const marks = [next(), next()];
    await client.query('BEGIN');
    for (const mark of marks) {
      await client.query('INSERT INTO ledger VALUES ($1)', [mark]);
      note([mark]);
    }
    await client.query('COMMIT');
    note([], marks);
  }),
  reader: withClient(async (client, next, note) => {
    const mark = next();
    await client.query(`SELECT count(*) /* ${mark} */ FROM ledger`);
    note([mark]);
  }),
  pipeline: async (gateway, next, note) => {
    await using client = await RawClient.connect(await rawLogin(gateway));
    for (;;) {
      const marks = Array.from({ length: 8 }, next);
      client.send(...marks.flatMap(pipelined));
      for (const mark of marks) {
        const answer = await client.answer();
        if (answer.closed) throw new Error('the connection ended');
        note([mark], [mark]);
      }
    }
  },
  copy: async (gateway, next, note) => {
    await using client = await RawClient.connect(await rawLogin(gateway));
    for (;;) {
      const mark = next();
      client.send(encodeQuery(`COPY ledger /* ${mark} */ FROM STDIN`));
      if ((await client.answer('copy')).closed) throw new Error('the connection ended');
      const rows = [1, 2, 3].map((row) => rawMessage('d', `${mark}.${row}\n`));
      const answer = await client.ask(...rows, encodeCopyDone());
      if (answer.closed) throw new Error('the connection ended');
      note([mark], [`${mark}.1`, `${mark}.2`, `${mark}.3`]);
    }
  },
};

function pipelined(mark: string): readonly Buffer[] {
  return [
    encodeParse({ statement: '', text: 'INSERT INTO ledger VALUES ($1)', parameterTypes: [] }),
    encodeBind({
      portal: '',
      statement: '',
      parameterFormats: [],
      parameters: [Buffer.from(mark)],
      resultFormats: [],
    }),
    encodeExecute({ portal: '', maxRows: 0 }),
    encodeSync(),
  ];
}

/**
 * Loads a gateway with all workers until they end; `onAnswer` hears how many answers there were, and is where the test
 * kills it. A worker's mark is `r<round>-<its name>-<n>`.
 */
export async function loadUntilDeath(
  gateway: GatewayProcess,
  load: { readonly round: number; readonly workers: Readonly<Record<string, Worker>> },
  onAnswer: (count: number) => void,
): Promise<Notes> {
  const notes: Notes = { answered: new Set(), committed: new Set(), failures: [] };
  let count = 0;
  const note: Note = (answered, committed = []) => {
    for (const mark of answered) notes.answered.add(mark);
    for (const mark of committed) notes.committed.add(mark);
    count += 1;
    onAnswer(count);
  };
  await Promise.all(
    Object.entries(load.workers).map(async ([name, work]) => {
      let n = 0;
      try {
        await work(gateway, () => `r${load.round}-${name}-${(n += 1)}`, note);
      } catch (error) {
        if (gateway.isKilled()) return;
        notes.failures.push(error, gateway.output().slice(-2_000));
        // Without this worker the load may never be enough: say so at once.
        gateway.kill('SIGKILL');
      }
    }),
  );
  return notes;
}
