/** Receivers of webhooks that are down or say nothing: approvals go on, and the gateway stops all the same. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { askApi } from '../e2e/api/api-client.ts';
import { decideApproval } from '../support/approver.ts';
import { startTestGateway } from '../support/gateway.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: writes, effect: allow, on: sql, match: { groups: [agents], kinds: [INSERT] }, approval: { by: [dba], within: 15m, wait: 60s } }
`;
const SECRET = 'a-secret-of-thirty-two-characters-or-more';

describe('receivers of webhooks that are not there', () => {
  it('P10: hold up neither requests nor answers nor the stop, and are told of by the API', async () => {
    vi.stubEnv('TROUBLE_HOOK', SECRET);
    const silent = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const closed = createServer();
    closed.listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const ports = {
      silent: (silent.address() as AddressInfo).port,
      refused: (closed.address() as AddressInfo).port,
    };
    closed.close();
    const webhooks = Object.entries(ports).map(([name, port]) => ({
      name,
      url: `http://127.0.0.1:${port}/`,
      secret: { env: 'TROUBLE_HOOK' },
    }));
    const gateway = await startTestGateway({
      policy: POLICY,
      api: {},
      approvals: { webhooks },
      setUp: 'CREATE TABLE done (mark int); GRANT ALL ON done TO app',
    });
    let isStopped = false;
    try {
      const client = new pg.Client({ connectionString: await gateway.url() });
      await client.connect();
      for (let mark = 0; mark < 5; mark += 1) {
        const held = client.query(`INSERT INTO done VALUES (${mark})`);
        const token = await gateway.issuer.token({ sub: 'dana', client_id: 'inbox', groups: ['dba'] });
        const open = async (): Promise<string | undefined> => {
          const { json } = await askApi(gateway, '/v1/approvals?status=open', { token });
          return (json as { approvals: readonly { id: string }[] }).approvals[0]?.id;
        };
        let id = await open();
        while (id === undefined) id = await open();
        await decideApproval(gateway, id, 'approve');
        expect((await held).rowCount).toBe(1);
      }
      await client.end();
      const admin = await gateway.issuer.token({ sub: 'root', groups: ['admins'] });
      const states = async (): Promise<readonly { name: string; state: string }[]> =>
        (
          (await askApi(gateway, '/v1/approvals/webhooks', { token: admin })).json as {
            webhooks: readonly { name: string; state: string }[];
          }
        ).webhooks;
      while ((await states()).find(({ name }) => name === 'refused')?.state === 'ok');
      expect(gateway.logLines.join('\n')).not.toContain(SECRET);
      await gateway[Symbol.asyncDispose]();
      isStopped = true;
    } finally {
      if (!isStopped) await gateway[Symbol.asyncDispose]();
      silent.close();
      vi.unstubAllEnvs();
    }
  });
});
