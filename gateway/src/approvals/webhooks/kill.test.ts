import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../test/audit/audit-fixture.ts';
import { linesUntilKilled } from '../../../test/support/killed-child.ts';
import { approvalsSchema } from '../config.ts';
import { ApprovalsSite } from '../testing/approvals-fixture.ts';

const CHILD = join(import.meta.dirname, '../../../test/approvals/tell-until-killed-child.ts');
const SECRET = 's3cret-of-the-receiver-0123456789abcdef';

describe('kill -9', () => {
  it('loses no notice that was under way: the next start sends each, under the same id, and then no more', {
    timeout: 120_000,
  }, async () => {
    let isOpen = false;
    const refused = new Set<string>();
    const taken: { readonly delivery: string; readonly request: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const delivery = String(request.headers['sallyport-delivery']);
        const { approval } = JSON.parse(body) as { readonly approval: { readonly id: string } };
        if (isOpen) taken.push({ delivery, request: approval.id });
        else refused.add(delivery);
        response.writeHead(isOpen ? 204 : 503).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const folder = temporaryFolder();
    const asked: string[] = [];
    for (const count of [3, 20]) {
      const lines = await linesUntilKilled([CHILD, folder, url], count);
      asked.push(...lines.flatMap((line) => /^asked (apr_[\w-]{24})$/.exec(line)?.[1] ?? []));
    }
    expect(asked.length).toBeGreaterThanOrEqual(23);

    isOpen = true;
    vi.stubEnv('HOOK_SECRET', SECRET);
    const site = new ApprovalsSite();
    site.file = join(folder, 'state.sqlite');
    site.wallMs = Date.now();
    const { webhooks } = approvalsSchema.parse({
      webhooks: [{ name: 'chat', url, secret: { env: 'HOOK_SECRET' } }],
    });
    const first = await site.open({ webhooks });
    while (first.webhooks()[0]?.queued !== 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(asked.filter((id) => !taken.some(({ request }) => request === id))).toEqual([]);
    expect([...refused].filter((id) => !taken.some(({ delivery }) => delivery === id))).toEqual([]);
    first.close();

    const told = taken.length;
    const second = await site.open({ webhooks });
    expect(second.webhooks()).toMatchObject([{ queued: 0, delivered: 0 }]);
    expect(taken).toHaveLength(told);
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
});
