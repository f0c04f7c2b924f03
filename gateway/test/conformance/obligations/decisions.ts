/** Permit, deny and record: what is owed for every ask. */
import { expect } from 'vitest';
import { type Bench, type Feature, markerOf } from '../driver.ts';
import { expectDelivered, expectDenied, expectNothing, recordsOf } from './expectations.ts';

/** P1: what is permitted comes whole, and the session goes on. A feature that never is permitted is refused. */
export async function permit(bench: Bench, feature: Feature): Promise<void> {
  await using connection = await bench.site.connect();
  const reply = await feature.ask(connection, 'open');
  if (feature.neverPermitted === true) {
    expectDenied(bench, reply);
    await expectNothing(bench, 'open', reply);
  } else {
    await expectDelivered(bench, feature, { target: 'open', reply });
    // The same again: nothing of the first ask is left in the way.
    await expectDelivered(bench, feature, { target: 'open', reply: await feature.ask(connection, 'open') });
  }
  expect(await connection.isUsable()).toBe(true);
}

/** P9: what is denied is told in the protocol's own form; nothing of it comes; the session goes on. */
export async function deny(bench: Bench, feature: Feature): Promise<void> {
  await using connection = await bench.site.connect();
  const reply = await feature.ask(connection, 'forbidden');
  const decision = expectDenied(bench, reply);
  await expectNothing(bench, 'forbidden', reply);
  const records = await recordsOf(bench, connection, (all) =>
    all.some((record) => record['decision'] === decision),
  );
  const [intent] = records.filter((record) => record['decision'] === decision);
  expect(intent).toMatchObject({ type: 'exchange.intent', effect: 'deny' });
  expect(await connection.isUsable()).toBe(true);
  if (feature.neverPermitted !== true)
    await expectDelivered(bench, feature, { target: 'open', reply: await feature.ask(connection, 'open') });
}

/** P4: the intent is on file before the outcome; every permitted exchange has one outcome; no data are on file. */
export async function record(bench: Bench, feature: Feature): Promise<void> {
  await using connection = await bench.site.connect();
  await feature.ask(connection, 'open');
  await bench.site.takeStored('open');
  const isSettled = (all: readonly Readonly<Record<string, unknown>>[]): boolean => {
    const permitted = all.filter(({ type, effect }) => type === 'exchange.intent' && effect === 'permit');
    const settled = all.filter(({ type }) => type === 'exchange.outcome').length;
    return all.some(({ type }) => type === 'exchange.intent') && permitted.length === settled;
  };
  const records = await recordsOf(bench, connection, isSettled);
  const intents = records.filter(({ type }) => type === 'exchange.intent');
  const permitted = intents.filter(({ effect }) => effect === 'permit');
  // Each session is opened by one.
  expect(permitted.length > connection.sessions.length).toBe(feature.neverPermitted !== true);
  for (const intent of intents) {
    expect(intent['decision']).toMatch(/^dec_/);
    expect(intent['policy']).toMatchObject({ hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  }
  for (const intent of permitted) {
    const outcomes = records.filter(
      ({ type, exchange }) => type === 'exchange.outcome' && exchange === intent['exchange'],
    );
    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]?.['durationMs']).toBeGreaterThanOrEqual(0);
    for (const outcome of outcomes) expect(records.indexOf(outcome)).toBeGreaterThan(records.indexOf(intent));
  }
  if (feature.delivery !== 'none') expect(JSON.stringify(records)).not.toContain(markerOf('open'));
}
