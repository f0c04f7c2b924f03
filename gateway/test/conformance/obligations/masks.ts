/**
 * Masks: the word leaves by no door (P5). A feature whose data come as rows delivers the rest of the row, with what stands
 * for the word; what cannot be masked is refused.
 */
import { expect } from 'vitest';
import { type Bench, type Feature, labelOf, markerOf, ROWS, type Target } from '../driver.ts';
import { expectDenied, expectNothing, recordsOf } from './expectations.ts';

/** P5: words that the name of their column masks. */
export const maskByColumn = (bench: Bench, feature: Feature): Promise<void> =>
  mask(bench, feature, { by: 'columns', target: 'masked', instead: '[redacted]' });

/** P5: words that a detector finds. */
export const maskByDetector = (bench: Bench, feature: Feature): Promise<void> =>
  mask(bench, feature, { by: 'detectors', target: 'detected', instead: '[email]' });

interface Masked {
  readonly by: 'columns' | 'detectors';
  readonly target: Target;
  /** What `redact` puts in the place of a word. */
  readonly instead: string;
}

async function mask(bench: Bench, feature: Feature, { by, target, instead }: Masked): Promise<void> {
  await using connection = await bench.site.connect();
  const reply = await feature.ask(connection, target);
  expect(reply.received.includes(markerOf(target)), 'no word of it').toBe(false);
  const refuses = feature.refusesMasks === true || feature.refusesMasks === by;
  if (refuses) {
    expect(reply.refusals, JSON.stringify(reply.refusals)).toHaveLength(1);
    expect(bench.codes.unmaskable).toContain(reply.refusals[0]?.code);
    await expectNothing(bench, target, reply);
  } else if (feature.delivery === 'rows') {
    expect(reply.refusals).toEqual([]);
    expect(reply.rows).toBe(ROWS);
    expect(reply.received.includes(labelOf(target)), 'the label beside it').toBe(true);
    expect(reply.received.toString('latin1').split(instead), 'what stands for it').toHaveLength(ROWS + 1);
  } else if (reply.refusals.length > 0) expectDenied(bench, reply);
  expect(await connection.isUsable()).toBe(true);
  const isMasked = !refuses && feature.delivery === 'rows';
  const isTold = (records: readonly Readonly<Record<string, unknown>>[]): boolean =>
    records.some(({ type, result }) => type === 'exchange.outcome' && isObject(result) && 'masked' in result);
  const records = await recordsOf(bench, connection, (all) => (isMasked ? isTold(all) : all.length > 1));
  expect(JSON.stringify(records), 'nor on file').not.toContain(markerOf(target));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
