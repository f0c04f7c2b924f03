import { describe, expect, it } from 'vitest';
import { whoamiSchema } from '../contract/whoami.ts';
import { createApiFixture } from '../testing/api-fixture.ts';

describe('GET /v1/whoami', () => {
  it('tells an agent who it is and what it may connect to, and nothing of what it may not', async () => {
    const { ask } = await createApiFixture();
    const text = await (await ask('/v1/whoami', { token: 'agent' })).text();
    const body: unknown = JSON.parse(text);
    expect(whoamiSchema.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      principal: { subject: 'agent', groups: ['agents'] },
      roles: [],
      resources: [{ name: 'shop', protocol: 'postgres', targets: [{ database: 'shop', account: 'app_ro' }] }],
    });
    for (const hidden of ['payroll', 'hr', 'app_rw', 'admins', 'auditors'])
      expect(text).not.toContain(hidden);
  });

  it('tells a stranger of no resource', async () => {
    const { read } = await createApiFixture();
    expect(await read('/v1/whoami', { token: 'stranger' })).toMatchObject({ roles: [], resources: [] });
  });

  it.each([
    ['viewer', ['viewer']],
    ['reader', ['viewer', 'auditor']],
    ['admin', ['viewer', 'auditor', 'admin']],
  ])('tells a %s its roles', async (token, roles) => {
    const { read } = await createApiFixture();
    expect(await read('/v1/whoami', { token })).toMatchObject({ roles });
  });
});
