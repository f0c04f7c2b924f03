/** `sallyport credential` against a real gateway. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ api: {} });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

async function credential(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const options = ['--api', gateway.api, '--ca', gateway.caFile, '--token', await gateway.issuer.token()];
  const code = await runCli(['credential', ...argv, ...options], {
    stdout: { write: (text: string) => (texts.out += text) },
    stderr: { write: (text: string) => (texts.err += text) },
  });
  return { code, ...texts };
}

describe('sallyport credential', () => {
  it('prints a URL and nothing else on stdout, lists it without the secret, and revokes it', async () => {
    const created = await credential('create', 'shop', '--expires-in', '5m', '--uses', '2');
    expect(created).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^cred_\w{16} for app@shop until /),
    });
    const id = created.err.slice(0, 21);
    const secret = /slp_\w{36}/.exec(created.out)?.[0] ?? '';
    expect(created.out.trim().split('\n')).toHaveLength(1);
    expect(new URL(created.out.trim()).searchParams.get('sslrootcert')).toBe(gateway.caFile);
    const client = new pg.Client({ connectionString: created.out.trim() });
    await client.connect();
    client.on('error', () => undefined);

    const listed = await credential('list');
    expect(listed).toMatchObject({ code: 0, err: '' });
    expect(listed.out).toMatch(new RegExp(`${id} +app@shop \\(postgres\\) .* 1 of 2 +1 +valid`));
    expect(listed.out).not.toContain(secret);

    expect(await credential('revoke', id)).toEqual({
      code: 0,
      out: `revoked ${id}, ended 1 sessions\n`,
      err: '',
    });
    expect((await credential('list')).out).toContain('revoked');
    await expect(client.query('SELECT 1')).rejects.toThrow();
  });

  it('prints JSON where it is asked to', async () => {
    const { out } = await credential('create', 'shop', '--json', '--run', 'run-1', '--account', 'app');
    const issued = JSON.parse(out) as { id: string };
    expect(issued).toMatchObject({ account: 'app', run: 'run-1', secret: expect.stringMatching(/^slp_/) });
    const listed = JSON.parse((await credential('list', '--json')).out) as readonly { id: string }[];
    expect(listed.map(({ id }) => id)).toContain(issued.id);
    expect(JSON.parse((await credential('revoke', issued.id, '--json')).out)).toEqual({
      credential: issued.id,
      revoked: true,
      sessions: [],
    });
  });

  it('says why there is none', async () => {
    expect(await credential('create', 'nowhere')).toMatchObject({
      code: 2,
      err: expect.stringContaining('ERR_API_UNKNOWN_RESOURCE'),
    });
    expect(await credential('create', 'shop', '--expires-in', 'soon')).toMatchObject({ code: 2 });
    expect(await credential('revoke', 'cred_0000000000000000')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no session credential of this id'),
    });
  });
});
