/** The ways from a client to one HTTP service: directly, by nginx, by HAProxy, by the gateway. All in plaintext on loopback. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ENVIRONMENT, SALLYPORT } from '../../test/e2e/process/gateway-site.ts';
import { findTool } from '../../test/support/installed-tool.ts';
import { AUDIENCE, type TestIssuer } from '../../test/support/issuer.ts';
import { type RunningProcess, startProcess } from '../../test/support/processes.ts';
import { freePort } from '../postgres/peers.ts';
import { type RunningServer, reachable, startNginx } from './service.ts';

/** One way. */
export interface HttpPeer {
  readonly name: string;
  /** In front of the paths of the service. */
  readonly base: string;
  /** Processes of what stands in the way; undefined for the direct one. */
  readonly pid: number | undefined;
}

/** nginx as a reverse proxy with kept connections, one worker. */
export async function nginxPeer(
  folder: string,
  service: RunningServer,
): Promise<(HttpPeer & { readonly process: RunningProcess }) | undefined> {
  const running = await startNginx(
    folder,
    'proxy',
    (
      port,
    ) => `upstream service { server 127.0.0.1:${service.port}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} reuseport;
    location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_max_temp_file_size 0; }
  }`,
  );
  if (running === undefined) return undefined;
  const base = `http://127.0.0.1:${running.port}`;
  return { name: 'nginx', base, pid: running.process.pid, process: running.process };
}

/** HAProxy in HTTP mode, one thread. */
export async function haproxyPeer(
  folder: string,
  service: RunningServer,
): Promise<(HttpPeer & { readonly process: RunningProcess }) | undefined> {
  const program = findTool({ name: 'haproxy', debianPackage: 'haproxy' });
  if (program === undefined) return undefined;
  const port = await freePort();
  const file = path.join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 1000
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  http-reuse always
listen web
  bind 127.0.0.1:${port}
  server service 127.0.0.1:${service.port}
`,
  );
  const running = startProcess(program, ['-f', file, '-db'], { timeoutMs: 3_600_000 });
  await reachable(port);
  return { name: 'haproxy', base: `http://127.0.0.1:${port}`, pid: running.pid, process: running };
}

/** A policy as a team would have it: many rules that do not match, a few that do. The group decides whether there are masks. */
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [plain, masked] } }
  - { id: no-deletes, effect: deny, on: http, match: { methods: [DELETE] }, message: Nothing is deleted here. }
  - { id: plain, effect: allow, on: http, match: { groups: [plain], resources: [web], methods: [GET], paths: ["/*"] } }
  - { id: masked, effect: allow, on: http, match: { groups: [masked], resources: [web], methods: [GET], paths: ["/*"] }, mask: [ { columns: ["*.email"], with: redact } ] }
${Array.from({ length: 96 }, (_, index) => `  - { id: other-${index}, effect: ${index % 5 === 4 ? 'deny' : 'allow'}, on: http, match: { groups: [team-${index % 9}], methods: [GET], paths: ["/area${index}/**"] } }`).join('\n')}
`;

/** The gateway as a process of its own; audit `written`. */
export async function sallyportPeer(
  folder: string,
  service: RunningServer,
  how: { readonly issuer: TestIssuer; readonly isRecorded: boolean; readonly nodeFlags?: readonly string[] },
): Promise<HttpPeer & { readonly process: RunningProcess }> {
  const { issuer, isRecorded, nodeFlags = [] } = how;
  const home = path.join(folder, isRecorded ? 'recorded' : 'unrecorded');
  mkdirSync(path.join(home, 'policy'), { recursive: true });
  writeFileSync(path.join(home, 'policy', 'policy.yaml'), POLICY);
  const file = path.join(home, 'sallyport.yaml');
  const config = {
    dataDir: path.join(home, 'data'),
    policy: { folder: path.join(home, 'policy') },
    audit: { durability: 'written' },
    log: { level: 'warn' },
    identity: { issuers: [{ issuer: issuer.url, audience: [AUDIENCE] }] },
    recording: { enabled: isRecorded },
    listeners: [{ protocol: 'http', listen: '127.0.0.1:0', allowLoopbackPlaintext: true }],
    resources: [
      {
        name: 'web',
        protocol: 'http',
        url: `http://127.0.0.1:${service.port}`,
        credential: { bearer: { env: 'SERVICE_TOKEN' } },
      },
    ],
  };
  writeFileSync(file, JSON.stringify(config));
  const process = startProcess(globalThis.process.execPath, [...nodeFlags, SALLYPORT, 'serve', '-c', file], {
    env: { ...ENVIRONMENT, SERVICE_TOKEN: 'service-secret-0123456789' },
    timeoutMs: 3_600_000,
    cwd: home,
  });
  const [line] = await process.waitForOutput(/\{"event":"ready".*\}(?=\n)/, 60_000);
  const ready = JSON.parse(line) as { readonly listeners: readonly { readonly port: number }[] };
  const port = ready.listeners[0]?.port ?? 0;
  const name = isRecorded ? 'sallyport' : 'sallyport, unrecorded';
  return { name, base: `http://127.0.0.1:${port}/web`, pid: process.pid, process };
}
