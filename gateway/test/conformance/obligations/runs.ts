/** What is owed to a run as a whole: a stop when it runs against a wall, and a recording. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { type Bench, type Feature, labelOf } from '../driver.ts';
import { expectDenied, expectNothing } from './expectations.ts';

/** Denials of the same ask until everything of the run is denied; policies of drivers say the same. */
export const QUARANTINE_AFTER = 4;

/** A run that repeats a denied ask is stopped, on every connection it has; another run is not. */
export async function quarantine(bench: Bench, feature: Feature): Promise<void> {
  const run = randomUUID();
  await using connection = await bench.site.connect({ run });
  await using sister = await bench.site.connect({ run });
  for (let i = 0; i < QUARANTINE_AFTER; i += 1)
    expectDenied(bench, await feature.ask(connection, 'forbidden'));
  const reply = await feature.ask(sister, 'open');
  expectDenied(bench, reply);
  await expectNothing(bench, 'open', reply);
  await using other = await bench.site.connect();
  expect(await other.isUsable()).toBe(true);
}

/** The session can be replayed: what was asked, what was decided, and what came back. */
export async function recording(bench: Bench, feature: Feature): Promise<void> {
  const { gateway } = bench.site;
  const connection = await bench.site.connect();
  await feature.ask(connection, 'open');
  const denied = expectDenied(bench, await feature.ask(connection, 'forbidden'));
  await bench.site.takeStored('open');
  await connection[Symbol.asyncDispose]();
  let printed = '';
  const print = { write: (text: string) => (printed += text) };
  const code = await runCli(['sessions', 'export', connection.session, '--data-dir', gateway.dataDir], {
    stdout: print,
    stderr: print,
  });
  expect(code, printed).toBe(0);
  expect(printed).toContain(denied);
  if (feature.delivery === 'rows') expect(printed).toContain(labelOf('open'));
}
