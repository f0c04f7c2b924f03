/** Runs one evasion by several deliveries and asks all witnesses. */
import { expect } from 'vitest';
import type { RawClient } from '../support/raw-client.ts';
import type { Evasion } from './cases/evasion.ts';
import { DELIVERIES, type Delivery } from './deliveries.ts';
import type { Fortress } from './fortress.ts';
import { CANARY } from './fortress-schema.ts';
import { query } from './messages.ts';

/** Deliveries that every evasion goes through; of the others one is picked by the evasion's place in its list. */
const ALWAYS = 3;

/** All deliveries that fit, or the first three and one of the others. */
export function deliveriesFor(evasion: Evasion, index: number, all: boolean): readonly Delivery[] {
  const fitting = DELIVERIES.filter((delivery) => delivery.fits(evasion));
  if (all) return fitting;
  const others = fitting.slice(ALWAYS);
  const picked = others.length === 0 ? undefined : others[index % others.length];
  return [...fitting.slice(0, ALWAYS), ...(picked === undefined ? [] : [picked])];
}

/** Expects every delivery to be refused, recorded and without effect, and the session to live on. */
export async function expectRefused(
  fortress: Fortress,
  client: RawClient,
  evasion: Evasion,
  deliveries: readonly Delivery[],
): Promise<void> {
  const witness = await fortress.watch();
  for (const delivery of deliveries) {
    await prepareGround(client, evasion);
    const refusal = await delivery.run(client, evasion.text);
    const [error, ...more] = refusal.errors;
    const how = `by ${delivery.name}`;
    expect(more, how).toEqual([]);
    if (!isUngrammaticalHere(evasion, delivery, error?.code)) {
      expect(
        { code: error?.code, severity: error?.severity },
        `${how}: ${error?.message ?? 'it ran'}`,
      ).toEqual({
        code: evasion.code ?? '42501',
        severity: 'ERROR',
      });
      if (evasion.code !== '42601') expectDenial(error?.message ?? '', evasion, how);
    }
    expect(refusal.bytes.includes(CANARY), `${how}: no secret`).toBe(false);
    expect(refusal.rows, how).toEqual([]);
    expect(refusal.closed, `${how}: the session lives on`).toBe(false);
    await client.ask(query('ROLLBACK'));
  }
  expect(await fortress.isAlive(client), 'the session lives on').toBe(true);
  expect(await witness.isUnchanged(), 'the state upstream is unchanged').toBe(true);
  expect(reached(witness.serverLog(), evasion.text), 'the text never reached the server').toBe(false);
  const denied = witness
    .intents()
    .filter(({ effect, request }) => effect === 'deny' && isAbout(request.text ?? '', evasion.text));
  expect(denied.length, 'every refusal is on file').toBe(deliveries.length);
}

async function prepareGround(client: RawClient, evasion: Evasion): Promise<void> {
  for (const text of evasion.after ?? []) {
    const answer = await client.ask(query(text));
    // A second round finds its prepared statement there already.
    expect(
      answer.errors.filter(({ code }) => code !== '42P05'),
      `${text} is permitted`,
    ).toEqual([]);
  }
}

/** Some statements cannot be wrapped: the grammar says so, and nothing is sent. */
function isUngrammaticalHere(evasion: Evasion, delivery: Delivery, code: string | undefined): boolean {
  return evasion.query === true && code === '42601' && /explained|prepared|copied/.test(delivery.name);
}

/** One line that a model can act on (design: Denial contract). */
function expectDenial(message: string, evasion: Evasion, how: string): void {
  expect(message, how).toMatch(/^POLICY_DENIED \[dec_[0-9a-z_]+\] [^\n]+Do not retry this statement\./);
  expect(Buffer.byteLength(message), how).toBeLessThanOrEqual(400);
  if (evasion.because !== undefined) expect(message, how).toContain(evasion.because);
}

/** A text is told from the same words in other statements by what the server writes in front of it. */
function reached(log: string, text: string): boolean {
  return text.length > 20
    ? log.includes(text)
    : new RegExp(`(statement|execute|parse|bind)[^:]*: [^\n]*${escape(text)}`, 'i').test(log);
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Long texts are recorded by their beginning. */
function isAbout(recorded: string, text: string): boolean {
  return recorded.includes(text.slice(0, 60_000));
}
