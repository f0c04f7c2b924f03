import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedApi, serveApi } from '../testing/served-api.ts';

let served: ServedApi;

beforeEach(async () => {
  served = await serveApi();
});

afterEach(() => served.close());

describe('sallyport quarantines', () => {
  it('lists the runs that are stopped, and lets an admin lift one', async () => {
    expect(await served.run('reader', 'quarantines', 'list')).toMatchObject({
      code: 0,
      out: 'no run is in quarantine\n',
    });
    const principal = {
      issuer: 'https://idp.example',
      subject: 'alice',
      agent: 'claims-bot',
      run: 'run-7',
      groups: [],
      delegation: [],
      tokenDigest: '',
      expiresAtMs: 0,
    };
    const terms = { after: 2, quarantine: { after: 2, forMs: 60_000 } };
    for (let n = 0; n < 2; n += 1) {
      served.fixture.guard.denied({
        principal,
        session: 'ses_1',
        resource: 'shop',
        text: 'DROP TABLE x',
        terms,
      });
    }
    const { out } = await served.run('reader', 'quarantines', 'list');
    expect(out).toMatch(/^fnd_[0-9a-f]{24} .+ claims-bot for alice +run-7 +shop +2 +ses_1$/m);
    const id = /^fnd_\w+/m.exec(out)?.[0] ?? '';
    expect(await served.run('reader', 'quarantines', 'lift', id)).toMatchObject({ code: 2 });
    expect(await served.run('admin', 'quarantines', 'lift', id)).toMatchObject({
      code: 0,
      out: `lifted ${id}: claims-bot for alice may go on\n`,
    });
    expect(await served.run('admin', 'quarantines', 'lift', id)).toMatchObject({ code: 1, out: '' });
    expect((await served.run('reader', 'quarantines', 'list', '--json')).out).toBe('[]\n');
  });
});
