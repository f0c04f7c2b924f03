import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { IssuedCredential } from '../../../src/api/contract/credential.ts';
import { runCli } from '../../../src/cli/cli.ts';
import { readHar } from '../../recording/har-schema.ts';
import { digestOf, type ProxyGateway, startProxyGateway } from '../../support/forward-proxy.ts';
import type { AuditRecord } from '../../support/gateway.ts';
import { curl, type ProgramResult } from '../../support/http-clients.ts';
import { SERVICE_SECRET } from '../../support/http-gateway.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { askApi } from '../api/api-client.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: agents-connect, effect: allow, on: connect, match: { groups: [agents], resources: [web, shop, crm] } }
  - { id: reads, effect: allow, on: http, match: { groups: [agents], methods: [GET, POST], hosts: ["*.example.test", 127.0.0.1, localhost] } }
  - { id: no-admin, effect: deny, on: http, match: { paths: ["/admin/**"] }, message: Use /v1 instead. }
`;

let folder: TemporaryFolder;
let gateway: ProxyGateway;
let place: string;

beforeAll(async () => {
  folder = createTemporaryFolder('proxy-clients');
  const secret = path.join(folder.path, 'secret');
  writeFileSync(secret, SERVICE_SECRET, { mode: 0o600 });
  gateway = await startProxyGateway({
    policy: POLICY,
    recording: {},
    api: {},
    web: { credential: { bearer: { file: secret } }, methodOverride: 'ignored' },
    resources: (port, ca) => [
      {
        name: 'crm',
        protocol: 'http',
        url: `https://localhost:${port}/api`,
        tls: { ca },
        credential: { none: true },
        clientAuthorization: 'forward',
      },
      { name: 'closed', protocol: 'http', destinations: ['closed.example'], credential: { none: true } },
    ],
  });
  place = `api.example.test:${gateway.webPort}`;
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  folder?.[Symbol.dispose]();
});

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly bytes: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly authorizedBy: string;
}

/** Runs a program to its end, with these variables alone. */
function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { PATH: process.env['PATH'], ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** What the environment of an agent says; loopback is not excepted. */
async function environment(scheme: 'http' | 'https' = 'http'): Promise<NodeJS.ProcessEnv> {
  const proxy = await gateway.proxyUrl(scheme);
  return {
    HTTPS_PROXY: proxy,
    HTTP_PROXY: proxy,
    https_proxy: proxy,
    http_proxy: proxy,
    NO_PROXY: '',
    CURL_CA_BUNDLE: gateway.caFile,
    REQUESTS_CA_BUNDLE: gateway.caFile,
    SSL_CERT_FILE: gateway.caFile,
    NODE_EXTRA_CA_CERTS: gateway.caFile,
    NODE_USE_ENV_PROXY: '1',
  };
}

const NODE_FETCH = `
const [url, method] = process.argv.slice(1);
try {
  const answer = await fetch(url, { method, ...(method === 'POST' ? { body: 'x'.repeat(100_000) } : {}) });
  process.stdout.write(answer.status + ' ' + await answer.text());
} catch (error) {
  process.stdout.write(String(error.cause?.message ?? error.message) + ' ' + String(error.cause?.cause?.message ?? ''));
}`;
const PYTHON_REQUESTS = `
import sys, requests
url, method = sys.argv[1:]
try:
    answer = requests.request(method, url, **({"data": b"x" * 100000} if method == "POST" else {}))
    sys.stdout.write(f"{answer.status_code} {answer.text}")
except Exception as error:
    sys.stdout.write(str(error))
`;
const PYTHON_URLLIB = `
import sys, urllib.request, urllib.error
url, method = sys.argv[1:]
try:
    data = b"x" * 100000 if method == "POST" else None
    answer = urllib.request.urlopen(urllib.request.Request(url, data=data, method=method))
    sys.stdout.write(f"{answer.status} {answer.read().decode()}")
except urllib.error.HTTPError as error:
    sys.stdout.write(f"{error.code} {error.read().decode()}")
except Exception as error:
    sys.stdout.write(str(error))
`;

interface Client {
  readonly name: string;
  /** What it shows of an answer to CONNECT that is no 200. */
  readonly tells: RegExp;
  ask(url: string, method: string, context: TestContext): Promise<string>;
}

/** The interpreter that has Debian's packages, whatever else stands on PATH. */
const DEBIAN_PYTHON = '/usr/bin/python3';

async function viaPython(script: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
  return (await run(DEBIAN_PYTHON, ['-c', script, ...args], env ?? (await environment()))).stdout;
}

function needsRequests(context: TestContext): void {
  requireTool(context, tools.pythonRequests);
}

const CLIENTS: readonly Client[] = [
  {
    name: 'curl',
    tells: /403/,
    async ask(url, method) {
      const args = [
        '-sS',
        '-w',
        '%{http_code}',
        ...(method === 'POST' ? ['-d', 'x'.repeat(100_000)] : []),
        url,
      ];
      const { stdout, stderr } = await run('curl', args, await environment());
      return `${stdout.slice(-3)} ${stdout.slice(0, -3)}${stderr}`;
    },
  },
  {
    name: 'fetch of Node',
    tells: /403/,
    async ask(url, method) {
      const args = ['--input-type=module', '-e', NODE_FETCH, url, method];
      return (await run(process.execPath, args, await environment())).stdout;
    },
  },
  {
    name: 'requests of Python',
    // It shows the reason: all that a model gets to read.
    tells: /nowhere\.example:443 is refused: no resource that you may use names it\. Do not retry/,
    async ask(url, method, context) {
      needsRequests(context);
      return viaPython(PYTHON_REQUESTS, [url, method]);
    },
  },
  {
    name: 'urllib of Python',
    tells: /nowhere\.example:443 is refused: no resource that you may use names it\. Do not retry/,
    async ask(url, method, context) {
      const found = await run(DEBIAN_PYTHON, ['-c', ''], {}).catch(() => ({ code: 1 }));
      if (found.code !== 0) context.skip('python3 is not installed');
      return viaPython(PYTHON_URLLIB, [url, method]);
    },
  },
];

/** The JSON behind the status. */
function bodyOf(shown: string): unknown {
  return JSON.parse(shown.slice(4));
}

describe.each(CLIENTS)('$name, which knows HTTPS_PROXY alone', ({ name, ask, tells }) => {
  it('reaches a place that a resource names, without seeing the credential for it', async (context) => {
    const shown = await ask(`https://${place}/v1/a?b=c`, 'GET', context);
    expect(shown).toMatch(/^200 /);
    const echo = bodyOf(shown) as Echo;
    expect(echo).toMatchObject({ method: 'GET', url: '/v1/a?b=c', headers: { host: place } });
    expect(echo.authorizedBy).toBe(digestOf(`Bearer ${SERVICE_SECRET}`));
    expect(echo.headers).not.toHaveProperty('proxy-authorization');
  });

  it('sends a body', async (context) => {
    const shown = await ask(`https://${place}/v1/a`, 'POST', context);
    expect(bodyOf(shown)).toMatchObject({ method: 'POST' });
    expect((bodyOf(shown) as Echo).bytes).toBeGreaterThanOrEqual(100_000);
  });

  it('P9: reads why a request in its tunnel is denied, and goes on', async (context) => {
    // Each its own: what is asked again and again is told of less.
    const shown = await ask(`https://${place}/admin/${encodeURIComponent(name)}`, 'GET', context);
    expect(shown).toMatch(/^403 /);
    expect(bodyOf(shown)).toMatchObject({
      title: 'Denied by policy',
      code: 'POLICY_DENIED',
      rules: ['no-admin'],
      detail: expect.stringContaining('Use /v1 instead.'),
    });
  });

  it('P3: gets no tunnel to a place that no resource names', async (context) => {
    expect(await ask('https://nowhere.example/', 'GET', context)).toMatch(tells);
    const refused = await gateway.recordsUntil((all) =>
      all.some(({ type }) => type === 'destination.refused'),
    );
    expect(refused.findLast(({ type }) => type === 'destination.refused')).toMatchObject({
      protocol: 'http',
      destination: 'nowhere.example:443',
      reason: 'no resource names it',
      principal: { subject: 'agent-1' },
    });
  });

  it('P3: gets no tunnel to a resource that it may not open', async (context) => {
    expect(await ask('https://closed.example/', 'GET', context)).toMatch(/403|POLICY_DENIED/);
    const records = gateway.records();
    const { session } = records.findLast(({ resource }) => resource === 'closed') ?? {};
    expect(
      records.find((one) => one['session'] === session && one['type'] === 'exchange.intent'),
    ).toMatchObject({
      effect: 'deny',
      summary: 'connect to closed as account service',
    });
  });

  it('reaches a service without TLS by HTTP_PROXY', async (context) => {
    const { port } = gateway.service.address() as { readonly port: number };
    const shown = await ask(`http://127.0.0.1:${port}/v1/plain`, 'GET', context);
    expect(bodyOf(shown)).toMatchObject({
      url: '/v1/plain',
      authorizedBy: digestOf(`Bearer ${SERVICE_SECRET}`),
    });
  });
});

/** The session in which this was asked last. */
function sessionOf(text: string): unknown {
  const asked = gateway.records().findLast(({ request }) => {
    return (request as { readonly text?: string } | undefined)?.text === text;
  });
  return asked?.['session'];
}

function isOf(session: unknown, type: string): (record: AuditRecord) => boolean {
  return (record) => record['session'] === session && record['type'] === type;
}

describe('a proxy', () => {
  const ask = async (...args: readonly string[]): Promise<ProgramResult> =>
    curl(['--proxy', await gateway.proxyUrl(), '--cacert', gateway.caFile, ...args]);

  it('serves clients that speak TLS to it, too', async () => {
    const proxy = await gateway.proxyUrl('https');
    const args = ['--proxy', proxy, '--proxy-cacert', gateway.caFile, '--cacert', gateway.caFile];
    const { stdout, stderr } = await curl([...args, `https://${place}/v1/a`, `https://${place}/v1/b`]);
    expect(stderr).toBe('');
    expect(stdout.match(/"url":"\/v1\/[ab]"/g)).toHaveLength(2);
  });

  it('serves Node and Python that speak TLS to it', async (context) => {
    const url = `https://${place}/v1/over-tls`;
    const env = await environment('https');
    const node = await run(process.execPath, ['--input-type=module', '-e', NODE_FETCH, url, 'GET'], env);
    expect(node.stdout).toMatch(/^200 /);
    needsRequests(context);
    expect(await viaPython(PYTHON_REQUESTS, [url, 'GET'], env)).toMatch(/^200 /);
  });

  it('takes a Bearer token, and a session credential as the password', async () => {
    const token = await gateway.issuer.token();
    const bare = `http://127.0.0.1:${gateway.port}`;
    const byToken = ['--proxy', bare, '--proxy-header', `Proxy-Authorization: Bearer ${token}`];
    const first = await curl([...byToken, '--cacert', gateway.caFile, `https://${place}/v1/a`]);
    expect(JSON.parse(first.stdout)).toMatchObject({ url: '/v1/a' });
    const minted = await askApi(gateway, '/v1/credentials', { token, body: { resource: 'web' } });
    const { user, secret } = minted.json as IssuedCredential;
    const login = ['--proxy', bare, '--proxy-user', `${user}:${secret}`];
    const second = await curl([...login, '--cacert', gateway.caFile, `https://${place}/v1/b`]);
    expect(JSON.parse(second.stdout)).toMatchObject({ url: '/v1/b' });
  });

  it('P11: asks who it is that asks, in the way of proxies', async () => {
    const bare = ['--proxy', `http://127.0.0.1:${gateway.port}`, '-v'];
    const nobody = await curl([...bare, `https://${place}/`]);
    expect(nobody.code).toBe(56);
    expect(nobody.stderr).toContain('HTTP/1.1 407 send your access token to this proxy');
    expect(nobody.stderr).toContain('proxy-authenticate: Basic realm="sallyport"');
    expect(nobody.stderr).toContain('proxy-authenticate: Bearer realm="sallyport"');
    const forged = await curl([...bare, '--proxy-user', 'x:not-a-token', `https://${place}/`]);
    expect(forged.stderr).toContain('HTTP/1.1 407 ');
    const plain = await curl([
      '--proxy',
      `http://127.0.0.1:${gateway.port}`,
      '-i',
      'http://nowhere.example/',
    ]);
    expect(plain.stdout).toMatch(/^HTTP\/1\.1 407 Proxy Authentication Required/);
  });

  it('P6: has no use for the Authorization of a client, which is for somebody else', async () => {
    const token = await gateway.issuer.token();
    const bare = [
      '--proxy',
      `http://127.0.0.1:${gateway.port}`,
      '-i',
      '-H',
      `Authorization: Bearer ${token}`,
    ];
    expect((await curl([...bare, 'http://nowhere.example/'])).stdout).toMatch(/^HTTP\/1\.1 407 /);
    const mine = await ask('-H', 'Authorization: Bearer of-my-own', `https://${place}/v1/a`);
    expect((JSON.parse(mine.stdout) as Echo).authorizedBy).toBe(digestOf(`Bearer ${SERVICE_SECRET}`));
  });

  it('serves many requests in one tunnel, and one session', async () => {
    const paths = Array.from({ length: 5 }, (_, index) => `https://${place}/v1/many/${index}`);
    const { stdout } = await ask(...paths);
    expect(stdout.match(/"url":"\/v1\/many\/\d"/g)).toHaveLength(5);
    const session = sessionOf('GET /v1/many/0');
    const all = await gateway.recordsUntil((records) => records.some(isOf(session, 'session.closed')));
    expect(all.find(isOf(session, 'session.opened'))).toMatchObject({
      resource: 'web',
      details: { destination: place, protocol: 'HTTP/1.1' },
    });
    expect(all.find(isOf(session, 'session.closed'))).toMatchObject({ exchanges: 5, refused: 0 });
  });

  it('serves a resource with one URL under its own name: the same paths, the same rules', async () => {
    const url = `https://localhost:${gateway.webPort}`;
    const inside = await ask(`${url}/api/v1/a?b=c`, '-H', 'Authorization: Bearer of-my-own');
    expect(JSON.parse(inside.stdout)).toMatchObject({
      url: '/api/v1/a?b=c',
      headers: { authorization: 'Bearer of-my-own' },
    });
    const record = gateway.records().findLast(({ type }) => type === 'exchange.intent');
    expect(record).toMatchObject({ request: { text: 'GET /v1/a?b=c' } });
    const denied = await ask(`${url}/api/admin/a`);
    expect(JSON.parse(denied.stdout)).toMatchObject({ status: 403, rules: ['no-admin'] });
  });

  it('is none where the listener does not say so', async () => {
    await using other = await startProxyGateway({ listener: { forwardProxy: false } });
    const args = ['--proxy', await other.proxyUrl(), '-v', `https://api.example.test:${other.webPort}/`];
    expect((await curl(args)).stderr).toMatch(/HTTP\/1\.1 (404|501) /);
  });

  it('records what went through a tunnel like any request, without what says who asks', async () => {
    await ask(`https://${place}/v1/recorded?x=1`);
    const session = sessionOf('GET /v1/recorded?x=1');
    const all = await gateway.recordsUntil((records) => records.some(isOf(session, 'recording.closed')));
    const closed = all.find(isOf(session, 'recording.closed')) as { readonly bytes?: number } | undefined;
    expect(closed?.bytes).toBeGreaterThan(0);
    let out = '';
    const sink = { write: (text: string) => (out += text) };
    const args = ['sessions', 'export', String(session), '--har', '-d', gateway.dataDir];
    await runCli(args, { stdout: sink, stderr: sink });
    expect(readHar(out).log.entries).toMatchObject([
      {
        request: { method: 'GET', url: 'https://api.example.test/v1/recorded?x=1' },
        response: { status: 200 },
      },
    ]);
    expect(out).not.toMatch(/proxy-authorization/i);
  });
});
