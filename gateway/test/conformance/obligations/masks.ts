/** Masks: the word leaves by no door (P5). A feature whose data come as rows delivers the rest of the row. */
import { expect } from 'vitest';
import { type Bench, type Feature, labelOf, markerOf, ROWS, type Target } from '../driver.ts';
import { expectDenied, recordsOf } from './expectations.ts';

/** P5: words that the name of their column masks. */
export const maskByColumn = (bench: Bench, feature: Feature): Promise<void> => mask(bench, feature, 'masked');

/** P5: words that a detector finds. */
export const maskByDetector = (bench: Bench, feature: Feature): Promise<void> =>
  mask(bench, feature, 'detected');

async function mask(bench: Bench, feature: Feature, target: Target): Promise<void> {
  await using connection = await bench.site.connect();
  const reply = await feature.ask(connection, target);
  expect(reply.received.includes(markerOf(target)), 'no word of it').toBe(false);
  if (feature.delivery === 'rows') {
    expect(reply.refusals).toEqual([]);
    expect(reply.rows).toBe(ROWS);
    expect(reply.received.includes(labelOf(target)), 'the label beside it').toBe(true);
  } else if (reply.refusals.length > 0) expectDenied(bench, reply);
  expect(await connection.isUsable()).toBe(true);
  const records = await recordsOf(bench, connection.session, (all) => all.length > 1);
  expect(JSON.stringify(records), 'nor on file').not.toContain(markerOf(target));
}
