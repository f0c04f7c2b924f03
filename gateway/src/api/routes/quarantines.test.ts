import { describe, expect, it } from 'vitest';
import type { QuarantineList } from '../contract/quarantine.ts';
import { type ApiFixture, createApiFixture, problemOf } from '../testing/api-fixture.ts';

const PRINCIPAL = {
  issuer: 'https://idp.example',
  subject: 'agent',
  groups: [],
  delegation: [],
  run: 'run-1',
  tokenDigest: '',
  expiresAtMs: 0,
};

function stopped({ guard }: ApiFixture): void {
  const terms = { after: 2, quarantine: { after: 2, forMs: 60_000 } };
  for (let n = 0; n < 2; n += 1) {
    guard.denied({ principal: PRINCIPAL, session: 'ses_1', resource: 'shop', text: 'DROP TABLE x', terms });
  }
}

describe('/v1/quarantines', () => {
  it('lists the runs that are stopped, without what they asked for', async () => {
    const fixture = await createApiFixture();
    expect(await fixture.read('/v1/quarantines', { token: 'reader' })).toEqual({ quarantines: [] });
    stopped(fixture);
    const list = await fixture.read('/v1/quarantines', { token: 'reader' });
    expect(list).toMatchObject({
      quarantines: [{ subject: 'agent', run: 'run-1', resource: 'shop', count: 2 }],
    });
    expect(JSON.stringify(list)).not.toContain('DROP');
  });

  it('lets an admin lift one, once, on record', async () => {
    const fixture = await createApiFixture();
    stopped(fixture);
    const { quarantines } = (await fixture.read('/v1/quarantines')) as QuarantineList;
    const path = `/v1/quarantines/${quarantines[0]?.id}/lift`;
    expect((await fixture.ask(path, { token: 'reader', method: 'POST' })).status).toBe(403);
    expect(fixture.guard.quarantined(PRINCIPAL)).toBeDefined();
    expect(await fixture.read(path, { method: 'POST' })).toMatchObject({ subject: 'agent' });
    expect(fixture.guard.quarantined(PRINCIPAL)).toBeUndefined();
    expect(await problemOf(await fixture.ask(path, { method: 'POST' }))).toMatchObject({
      status: 404,
      code: 'ERR_QUARANTINE_UNKNOWN',
    });
    expect(await fixture.events()).toContain('quarantine.lifted');
  });
});
