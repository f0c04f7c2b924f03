/** The end of a gateway that was asked to stop: in order, bounded, on record. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../../src/audit/verify-audit.ts';
import { encodeSslRequest } from '../../../src/protocols/postgres/wire/startup.ts';
import { eventually, type GatewayProcess } from './gateway-process.ts';
import { type GatewaySite, prepareSite } from './gateway-site.ts';

let site: GatewaySite;

beforeAll(async () => {
  site = await prepareSite();
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

const RUNNING = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(77)%' AND usename = 'app'";

/** Starts a long statement and waits until the server runs it; resolves with what the client gets in the end. */
async function longStatement(client: pg.Client): Promise<{ readonly end: Promise<unknown> }> {
  const end = client.query('SELECT pg_sleep(77)').then(
    () => 'done',
    (error: unknown) => error,
  );
  await eventually(async () => (await site.postgres.query(RUNNING)).length > 0);
  return { end };
}

async function stop(gateway: GatewayProcess, signal: NodeJS.Signals): Promise<void> {
  gateway.kill(signal);
  const result = await gateway.ended();
  expect(result.code, result.stderr).toBe(0);
  expect(result.stderr).not.toMatch(/internal error|\n\s+at /);
}

describe('stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'P12: %s tells the sessions, cancels their work upstream, closes the record and exits with 0',
    async (signal) => {
      await using gateway = await site.start();
      const idle = await gateway.connect();
      const idleEnded = new Promise((resolve) => idle.once('end', resolve));
      const busy = await gateway.connect();
      const { end } = await longStatement(busy);
      await stop(gateway, signal);
      expect(await end).toMatchObject({ code: '57P01', message: expect.stringContaining('shutting down') });
      await idleEnded;
      await eventually(async () => (await site.postgres.query(RUNNING)).length === 0);
      const records = site.records();
      expect(records.findLast((one) => one['type'] === 'gateway.stopped')).toMatchObject({ reason: signal });
      const opened = records.filter((one) => one['type'] === 'session.opened').map((one) => one['session']);
      const closed = records.filter((one) => one['type'] === 'session.closed').map((one) => one['session']);
      expect(new Set(closed)).toEqual(new Set(opened));
      expect(closed).toHaveLength(opened.length);
      expect((await verifyAudit(site.dataDir)).findings).toEqual([]);
    },
  );

  it('P12: SIGTERM at the moment it says that it is ready is a stop in order, too', async () => {
    for (let i = 0; i < 3; i += 1) {
      await using gateway = await site.start();
      await stop(gateway, 'SIGTERM');
    }
  });

  it('SIGHUP while it drains changes nothing; a client that stalls holds the end up no longer than the drain', async () => {
    await using gateway = await site.start();
    const stalled = connect(gateway.port, gateway.host);
    stalled.on('error', () => undefined);
    stalled.write(encodeSslRequest());
    await once(stalled, 'data');
    const stops = (): number =>
      site.records().filter((record) => record['type'] === 'gateway.stopped').length;
    const before = stops();
    gateway.kill('SIGTERM');
    await eventually(() => stops() > before);
    gateway.kill('SIGHUP');
    const { code, signal } = await gateway.ended();
    expect({ code, signal }).toEqual({ code: 0, signal: undefined });
    stalled.destroy();
  });
});
