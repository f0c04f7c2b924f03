/** What is owed to a run as a whole: a stop when it runs against a wall, and a recording. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { type Bench, type Feature, labelOf } from '../driver.ts';
import { eventually, expectDenied, expectNothing, expectStopped } from './expectations.ts';

/** Denials of the same ask until everything of the run is denied; policies of drivers say the same. */
export const QUARANTINE_AFTER = 4;

/** A run that repeats a denied ask is stopped, on every connection it has; another run is not. */
export async function quarantine(bench: Bench, feature: Feature): Promise<void> {
  const run = randomUUID();
  await using connection = await bench.site.connect({ run });
  await using sister = await bench.site.connect({ run });
  for (let i = 0; i < QUARANTINE_AFTER; i += 1)
    expectStopped(bench, await feature.ask(connection, 'forbidden'));
  const reply = await feature.ask(sister, 'open');
  expectStopped(bench, reply);
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
  // The recording is closed behind the session.
  await eventually('the recording is complete', async () => {
    const recordings = connection.sessions.map((session) => exported(gateway.dataDir, session));
    printed = (await Promise.all(recordings)).join('\n');
    return printed.includes(denied);
  });
  if (feature.delivery === 'rows') expect(plain(printed)).toContain(feature.replay ?? labelOf('open'));
}

/** What the command prints of a recording; what it says instead where there is none. */
async function exported(dataDir: string, session: string): Promise<string> {
  let printed = '';
  const print = { write: (text: string) => (printed += text) };
  await runCli(['sessions', 'export', session, '--data-dir', dataDir], { stdout: print, stderr: print });
  return printed;
}

/** With what is printed in hex, because it is no text, beside it. */
function plain(printed: string): string {
  const decoded = [...printed.matchAll(/[0-9a-f]{24,}/g)].map(([hex]) =>
    Buffer.from(hex, 'hex').toString('latin1'),
  );
  return [printed, ...decoded].join('\n');
}
