/**
 * The other half of `statements.test.ts` and `session-state.test.ts`: what is refused there is sent to a server without a gateway,
 * and has to run, or to show what it should not. What does neither is marked as harmless, and is no attempt.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawClient } from '../../support/raw-client.ts';
import type { Evasion } from '../cases/evasion.ts';
import { CANARY, FORTRESS_SCHEMA } from '../fortress-schema.ts';
import { extended, query, sync } from '../messages.ts';
import { EVASIONS, isAttempt, STATES } from './attempts.ts';
import { converse, OpenServer, type Step } from './open-server.ts';

const SETTING = `ALTER DATABASE postgres SET "app.settings.jwt_secret" TO '${CANARY}_setting'`;

let server: OpenServer;
let kept: RawClient | undefined;

beforeAll(async () => {
  server = await OpenServer.start();
  await server.createTemplate('fortress', FORTRESS_SCHEMA);
  await server.createTemplate('spare', 'SELECT 1');
}, 60_000);

afterAll(() => server[Symbol.asyncDispose]());

/** A session in a database as it was made. */
async function fresh(): Promise<RawClient> {
  await kept?.[Symbol.asyncDispose]();
  await server.endPrepared('postgres');
  await server.copy('fortress', 'postgres', SETTING);
  kept = await server.connect('postgres');
  return kept;
}

/** What ends a transaction, or cannot be in one, leaves its mark. */
const leavesMark = ({ text, after = [] }: Evasion): boolean =>
  /\b(?:COMMIT|END|ABORT|ROLLBACK)\b/i.test([text, ...after].join(';'));

/** The last step is the evasion itself; a parameter is a condition that holds. */
function stepsOf({ text, after = [] }: Evasion): readonly Step[] {
  const isBound = /\$1(?!\$)/.test(text) && !/^PREPARE/i.test(text);
  return [...after, isBound ? Buffer.concat([extended(text, ['true']), sync()]) : text];
}

/** A statement that the server has to cancel was running. */
const CANCELLED = '57014';

async function works(client: RawClient, steps: readonly Step[]): Promise<string | true> {
  const answers = await converse(client, steps);
  if (!client.isClosed) {
    await client.ask(query('ROLLBACK'));
    await client.ask(query('DISCARD ALL'));
  }
  if (answers.some(({ bytes }) => bytes.includes(CANARY))) return true;
  const errors = answers.flatMap((answer) => answer.errors).filter(({ code }) => code !== CANCELLED);
  if (answers.length === steps.length && errors.length === 0) return true;
  return `${errors[0]?.code ?? ''} ${errors[0]?.message ?? 'the session ended'}`;
}

/** First in a transaction that is rolled back; if that does not show anything, by itself. */
async function worksDirectly(evasion: Evasion): Promise<string | true> {
  const steps = stepsOf(evasion);
  if (!leavesMark(evasion) && evasion.after?.some((text) => text.startsWith('BEGIN')) !== true) {
    const client = kept === undefined || kept.isClosed ? await fresh() : kept;
    if ((await works(client, ['BEGIN', ...steps])) === true) return true;
  }
  const seen = await works(await fresh(), steps);
  await fresh();
  return seen;
}

describe.each(Object.entries(EVASIONS))('%s', (_title, evasions) => {
  it('run or leak when they are sent directly, each that is not marked', async () => {
    const idle: string[] = [];
    for (const evasion of evasions.filter(isAttempt)) {
      const seen = await worksDirectly(evasion);
      if (seen !== true) idle.push(`${evasion.name}: ${seen}`);
    }
    expect(idle).toEqual([]);
  }, 120_000);

  it('do nothing when they are sent directly, each that is marked', async () => {
    const marked = evasions.filter(({ harmless }) => harmless !== undefined);
    const working: string[] = [];
    for (const evasion of marked) if ((await worksDirectly(evasion)) === true) working.push(evasion.name);
    expect(working).toEqual([]);
  }, 120_000);
});

describe('conversations that change what a later part of them means', () => {
  it('leak when they are sent directly, each of them', async () => {
    await fresh();
    const idle: string[] = [];
    for (const [name, ...turns] of STATES) if (!(await leaks(turns))) idle.push(name);
    expect(idle).toEqual([]);
  }, 120_000);
});

async function leaks(turns: readonly Buffer[]): Promise<boolean> {
  await using client = await server.connect('postgres');
  const seen: Buffer[] = [];
  for (const turn of turns) {
    client.send(turn, sync(), query("SELECT 'end of turn'"));
    for (let isOver = false; !isOver; ) {
      const { bytes, closed, rows, errors } = await client.answer();
      seen.push(bytes);
      isOver = closed || rows.at(-1)?.[0] === 'end of turn' || errors[0]?.code === '25P02';
    }
  }
  return Buffer.concat(seen).includes(CANARY);
}
