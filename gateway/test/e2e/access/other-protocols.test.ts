/** Access for a time to services and machines: the same windows, whatever is spoken. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { actOnAccess, openWindow } from '../../support/access.ts';
import { curl } from '../../support/http-clients.ts';
import { startHttpGateway } from '../../support/http-gateway.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { connectSsh2 } from '../../support/ssh-clients.ts';
import { startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd } from '../../support/sshd.ts';

const access = 'access: { by: [dba], within: 15m, upTo: 1h }';

describe('access for a time to a service', () => {
  it('lets in to what it names, and P12: ends a request that runs when it is revoked', async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const service = (request: IncomingMessage, response: ServerResponse): void => {
      request.resume();
      if (request.url === '/hang') held.resolve(response);
      else response.end('{}');
    };
    await using gateway = await startHttpGateway({
      service,
      listener: { allowLoopbackPlaintext: true },
      api: {},
      policy: `apiVersion: sallyport.dev/v1
rules:
  - { id: enter, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: orders, effect: allow, on: http, match: { groups: [agents], methods: [GET], paths: ["/orders", "/hang"] }, ${access} }
`,
    });
    const authorization = `Authorization: Bearer ${await gateway.issuer.token()}`;
    const base = gateway.url.replace('https:', 'http:').replace(/\/$/, '');
    const get = async (path: string): Promise<{ readonly status: string; readonly body: string }> => {
      const { stdout } = await curl(['-H', authorization, '-w', '\n%{http_code}', `${base}${path}`]);
      const lines = stdout.split('\n');
      return { status: lines.at(-1) ?? '', body: lines.slice(0, -1).join('\n') };
    };
    const refused = await get('/orders');
    expect(refused.status).toBe('403');
    expect(refused.body).toContain('Request access: rule orders');
    const [resource] = new URL(gateway.url).pathname.split('/').filter((part) => part !== '');
    const opened = await openWindow(gateway, { resource: resource ?? 'service' });
    expect((await get('/orders')).status).toBe('200');
    expect((await get('/other')).status).toBe('403');
    const hanging = get('/hang');
    const cut = once(await held.promise, 'close');
    expect((await actOnAccess(gateway, opened, 'revoke')).status).toBe(200);
    await cut;
    expect((await hanging).status).not.toBe('200');
    expect((await get('/orders')).status).toBe('403');
  });
});

describe('access for a time to a machine', () => {
  it('lets in and runs what it names, and P12: ends a command that runs when it is revoked', async (context) => {
    const program = requireTool(context, tools.sshd);
    await using sshd = await startTestSshd(program);
    await using gateway = await startSshGateway({
      sshd,
      api: {},
      policy: `apiVersion: sallyport.dev/v1
rules:
  - { id: enter, effect: allow, on: connect, match: { groups: [agents] }, ${access} }
  - { id: look, effect: allow, on: shell, match: { groups: [agents], argv: ['echo **', 'sleep *'] }, ${access} }
`,
    });
    const { host, port } = gateway;
    const login = { host, port, user: 'deploy+box', password: await gateway.issuer.token() };
    const refused = async (): Promise<string> => {
      await using early = await connectSsh2(login);
      const { code, stderr } = await early.run('echo hello');
      return `${code}: ${stderr}`;
    };
    expect(await refused()).toMatch(/^126: .*Request access: rule enter/s);
    const opened = await openWindow(gateway, { resource: 'box' });
    await using client = await connectSsh2(login);
    expect(await client.run('echo hello')).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect((await client.run('id')).code).toBe(126);
    await client.open('sleep 60');
    expect((await actOnAccess(gateway, opened, 'revoke')).status).toBe(200);
    await client.closed;
    expect(await refused()).toMatch(/^126: /);
  });
});
