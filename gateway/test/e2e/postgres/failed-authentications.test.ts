import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

// It stands still, so that all of this happens within one minute.
const NOW = Date.now();
let site: TestGateway;

beforeAll(async () => {
  site = await startTestGateway({
    limits: { failedAuthenticationsPerMinute: 3 },
    now: () => NOW,
  });
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

async function failure(token: string): Promise<{ readonly code?: string; readonly message: string }> {
  const client = new pg.Client({ connectionString: await site.url({ token }) });
  client.on('error', () => undefined);
  return client.connect().then(
    () => ({ message: 'let in' }),
    (error: Error & { code?: string }) => error,
  );
}

describe('failed authentications', () => {
  it('P10: an address that fails too often is refused unheard, and fills no audit; the rest is one record', async () => {
    for (let attempt = 0; attempt < 3; attempt += 1) expect((await failure('nonsense')).code).toBe('28000');
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect(await failure('nonsense')).toMatchObject({
        code: '28000',
        message: expect.stringContaining('wait a minute'),
      });
    }
    await site.gateway.stop('test');
    const records = site.records();
    expect(records.filter(({ type }) => type === 'authentication.failed')).toHaveLength(3);
    expect(records.filter(({ type }) => type === 'authentication.throttled')).toEqual([
      {
        type: 'authentication.throttled',
        sourceAddress: '127.0.0.1',
        refused: 20,
        unrecorded: 0,
        since: new Date(NOW).toISOString(),
      },
    ]);
  });
});
