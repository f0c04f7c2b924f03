/**
 * The other half of `masks.test.ts`: its attacks are sent to a server without a gateway, and have to show a masked value there, or to
 * be answered differently by two databases that differ in masked values alone. What does neither is marked as harmless, and is none.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawClient } from '../../support/raw-client.ts';
import { leaks, type MaskAttack } from '../masks/mask-attack.ts';
import { CANARY, MASKED_PEOPLE, OTHER_VALUES } from '../masks/masked-people.ts';
import { query } from '../messages.ts';
import { isAttack, MASK_ATTACKS } from './attempts.ts';
import { converse, OpenServer, type Step } from './open-server.ts';

/** `again` is `left` once more: what differs between these two tells nothing. */
const TEMPLATES = { left: 'left_template', right: 'right_template', again: 'left_template' } as const;

type Side = keyof typeof TEMPLATES;

let server: OpenServer;
const clients = new Map<Side, RawClient>();
/** Others ask for things, too. */
const neighbours: RawClient[] = [];

beforeAll(async () => {
  server = await OpenServer.start();
  await server.createTemplate('left_template', MASKED_PEOPLE);
  await server.copy('left_template', 'right_template');
  await server.postgres.query(OTHER_VALUES, { database: 'right_template' });
  // What is read from files has to be there.
  await server.postgres.query('CHECKPOINT');
}, 60_000);

afterAll(async () => {
  for (const client of [...clients.values(), ...neighbours]) await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function clientOf(side: Side): Promise<RawClient> {
  const kept = clients.get(side);
  if (kept !== undefined && !kept.isClosed) return kept;
  await server.copy(TEMPLATES[side], side);
  await server.postgres.query('CHECKPOINT');
  const client = await server.connect(side);
  clients.set(side, client);
  const neighbour = await server.connect(side);
  await neighbour.ask(query(`SELECT '${side === 'right' ? 'other' : CANARY} of a neighbour'`));
  neighbours.push(neighbour);
  return client;
}

async function heard(side: Side, steps: readonly Step[]): Promise<Buffer> {
  const client = await clientOf(side);
  const answers = await converse(client, steps);
  if (!client.isClosed) {
    await client.ask(query('ROLLBACK'));
    await client.ask(query('DISCARD ALL'));
  }
  return Buffer.concat(answers.map(({ bytes }) => bytes));
}

async function tells(steps: readonly Step[]): Promise<boolean> {
  const left = await heard('left', steps);
  if (leaks(left).length > 0) return true;
  return !left.equals(await heard('right', steps)) && left.equals(await heard('again', steps));
}

/** First in a transaction that is rolled back; if that does not show anything, by itself, and the databases are made anew. */
async function tellsDirectly({ steps }: MaskAttack): Promise<boolean> {
  const [first = ''] = steps;
  const opensTransaction = typeof first === 'string' && /^BEGIN\b/.test(first);
  if (!opensTransaction && (await tells(['BEGIN', ...steps]))) return true;
  const told = await tells(steps);
  const commits = !opensTransaction || steps.some((step) => typeof step === 'string' && /COMMIT/.test(step));
  if (commits) for (const side of ['left', 'right', 'again'] as const) await forget(side);
  return told;
}

async function forget(side: Side): Promise<void> {
  await clients.get(side)?.[Symbol.asyncDispose]();
  clients.delete(side);
}

describe.each(Object.entries(MASK_ATTACKS))('%s', (_title, attacks) => {
  it('show or tell of a masked value when they are sent directly, each that is not marked', async () => {
    const idle: string[] = [];
    for (const attack of attacks.filter(isAttack)) if (!(await tellsDirectly(attack))) idle.push(attack.name);
    expect(idle).toEqual([]);
  }, 120_000);

  it('show no masked value when they are sent directly, each that is marked', async () => {
    const showing: string[] = [];
    for (const { name, steps } of attacks.filter(({ harmless }) => harmless !== undefined)) {
      if (leaks(await heard('left', steps)).length > 0) showing.push(name);
      await forget('left');
    }
    expect(showing).toEqual([]);
  }, 120_000);
});
