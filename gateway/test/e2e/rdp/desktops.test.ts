/** Desktops by a client and a server that are not ours: xfreerdp on a display that nobody sees, and xrdp. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { IssuedCredential } from '../../../src/api/contract/credential.ts';
import {
  type DesktopClient,
  type DesktopPrograms,
  startDesktopClient,
} from '../../support/desktop-client.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import type { TokenClaims } from '../../support/issuer.ts';
import { type RunningProcess, startProcess } from '../../support/processes.ts';
import { startRdpGateway, WHOLE_DESKTOP } from '../../support/rdp-gateway.ts';
import type { AuditRecord, StartedGateway } from '../../support/running-gateway.ts';
import { startTestXrdp, type TestXrdp, XRDP_PATIENCE_MS } from '../../support/xrdp.ts';
import { askApi } from '../api/api-client.ts';

const VIEW_ONLY = WHOLE_DESKTOP.replace('[VIEW, CONTROL]', '[VIEW]');
const WITH_CLIPBOARD = WHOLE_DESKTOP.replace('[VIEW, CONTROL]', '[VIEW, CONTROL, COPY, PASTE]');
const NOTHING = WHOLE_DESKTOP.replace(/.*id: desktop.*\n/, '');
const needed = [
  tools.xrdp,
  tools.sesman,
  tools.xorgxrdp,
  tools.openbox,
  tools.xterm,
  tools.xvfb,
  tools.xfreerdp,
  tools.xdotool,
  tools.xclip,
];

let xrdp: TestXrdp;
let gateway: StartedGateway;
let screen: RunningProcess;
let display: string;

beforeAll(async () => {
  if (needed.some((tool) => findTool(tool) === undefined) || process.getuid?.() !== 0) return;
  xrdp = await startTestXrdp({ xrdp: findTool(tools.xrdp) ?? '', sesman: findTool(tools.sesman) ?? '' });
  gateway = await startRdpGateway({
    target: xrdp,
    recording: {},
    api: { groups: { admins: ['admins'] } },
    identity: { expiryGraceMs: 0 },
  });
  const args = ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp', '-noreset'];
  screen = startProcess(findTool(tools.xvfb) ?? '', args, { timeoutMs: 10 * 60_000 });
  const [, number] = await screen.waitForOutput(/^(\d+)\n/m);
  display = `:${number}`;
}, XRDP_PATIENCE_MS);
afterAll(async () => {
  await screen?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
  await xrdp?.[Symbol.asyncDispose]();
});

/** The programs, or a skip. */
function programsOf(context: TestContext): DesktopPrograms {
  if (process.getuid?.() !== 0) context.skip('xrdp starts desktops as root only');
  for (const tool of needed) requireTool(context, tool);
  const found = (tool: (typeof needed)[number]): string => requireTool(context, tool);
  return { xfreerdp: found(tools.xfreerdp), xdotool: found(tools.xdotool), xclip: found(tools.xclip) };
}

async function open(
  context: TestContext,
  {
    policy = WHOLE_DESKTOP,
    claims = {},
    password = '',
    user = 'svc+desk',
    options = [] as readonly string[],
  } = {} as {
    policy?: string;
    claims?: TokenClaims;
    password?: string;
    user?: string;
    options?: readonly string[];
  },
): Promise<DesktopClient> {
  const programs = programsOf(context);
  await gateway.setPolicy(policy);
  const secret = password === '' ? await gateway.issuer.token(claims) : password;
  const { host, port } = gateway;
  return startDesktopClient(programs, display, { host, port, user, password: secret }, [
    '/sec:tls',
    ...options,
  ]);
}

async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  ms = 20_000,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Types a command on the desktop until what it writes is there: at first nobody may be listening. */
async function writes(client: DesktopClient, name: string, command: string): Promise<string> {
  const file = path.join(xrdp.folder, name);
  let typedMs = 0;
  return until(`${name} of ${client.output()}`, async () => {
    if (existsSync(file) && readFileSync(file, 'utf8') !== '') return readFileSync(file, 'utf8');
    if (Date.now() - typedMs < 3_000) return undefined;
    await client.typeLine(`${command} > ${name}`);
    typedMs = Date.now();
    return undefined;
  });
}

const session = (records: readonly AuditRecord[]): string =>
  String(
    records.findLast(({ type, protocol }) => type === 'session.opened' && protocol === 'rdp')?.['session'],
  );
const of = (records: readonly AuditRecord[], id: string): readonly AuditRecord[] =>
  records.filter((record) => record['session'] === id);

/** What is on file of the last session, once it is closed. */
async function closed(): Promise<readonly AuditRecord[]> {
  const all = await gateway.recordsUntil((records) =>
    of(records, session(records)).some(({ type }) => type === 'session.closed'),
  );
  return of(all, session(all));
}

/** The outcome of an operation, as it is on file. */
function outcome(records: readonly AuditRecord[], operation: string, channel?: string): unknown {
  const intent = records.find(({ type, request }) => {
    const asked = request as { operation?: string; channel?: string } | undefined;
    return type === 'exchange.intent' && asked?.operation === operation && asked.channel === channel;
  });
  if (intent?.['effect'] === 'deny') return 'denied';
  return records.find(
    ({ type, exchange }) => type === 'exchange.outcome' && exchange === intent?.['exchange'],
  )?.['result'];
}

describe('a desktop', () => {
  it('P4, P6: is seen and worked on with a token; what was done is on file, and no secret is', async (context) => {
    const token = await gateway.issuer.token();
    {
      await using client = await open(context, { password: token });
      expect(await writes(client, 'whoami.txt', 'id -un')).toBe(`${xrdp.user}\n`);
    }
    const records = await closed();
    expect(outcome(records, 'VIEW')).toMatchObject({ updates: expect.toSatisfy((n: number) => n > 0) });
    expect(outcome(records, 'CONTROL')).toMatchObject({
      keys: expect.toSatisfy((n: number) => n > 20),
      dropped: 0,
    });
    const opened = records.find(({ type }) => type === 'session.opened');
    expect(opened).toMatchObject({ resource: 'desk', account: 'svc', details: { security: 'tls' } });
    const told = JSON.stringify(gateway.records()) + gateway.logLines.join('\n');
    expect(told).not.toContain(token);
    expect(told).not.toContain(xrdp.password);
    const folder = path.join(gateway.dataDir, 'recordings');
    expect(readdirSync(folder, { recursive: true }).join(' ')).toContain(session(gateway.records()));
  });

  it('P3: clipboard, drives and sound are denied unless a rule allows them, and the target never hears of them', async (context) => {
    const options = ['+clipboard', '/drive:t,/tmp', '/sound:sys:fake'];
    await using client = await open(context, { options });
    await using _owner = await client.offer('from the client');
    await writes(client, 'denied.txt', 'printf from-the-desktop | xclip -i -selection clipboard; echo done');
    // The desktop has no clipboard but its own: nothing comes, and nothing goes.
    expect(await writes(client, 'pasted.txt', 'xclip -o -selection clipboard')).toBe('from-the-desktop');
    expect(await client.clipboard()).toBe('from the client');
    await client[Symbol.asyncDispose]();
    const records = await closed();
    for (const operation of ['COPY', 'PASTE']) expect(outcome(records, operation), operation).toBe('denied');
    for (const channel of ['rdpdr', 'rdpsnd'])
      expect(outcome(records, 'CHANNEL', channel), channel).toBe('denied');
  });

  it('text of the clipboard passes in the directions that a rule allows, and is counted', async (context) => {
    await using client = await open(context, { policy: WITH_CLIPBOARD, options: ['+clipboard'] });
    await using _owner = await client.offer('pasted by the client');
    await until('the paste', async () => {
      const text = await writes(client, `paste-${Date.now()}.txt`, 'xclip -o -selection clipboard');
      return text === 'pasted by the client' ? true : undefined;
    });
    await writes(
      client,
      'copied.txt',
      'printf copied-on-the-desktop | xclip -i -selection clipboard; echo done',
    );
    await until('the copy', async () =>
      (await client.clipboard()) === 'copied-on-the-desktop' ? true : undefined,
    );
    await client[Symbol.asyncDispose]();
    const records = await closed();
    expect(outcome(records, 'COPY')).toMatchObject({ characters: expect.toSatisfy((n: number) => n >= 21) });
    expect(outcome(records, 'PASTE')).toMatchObject({ characters: expect.toSatisfy((n: number) => n >= 20) });
  });

  it('P8: without CONTROL it is seen and not worked on; a session loses what the policy takes away', async (context) => {
    await using client = await open(context);
    await writes(client, 'before.txt', 'echo before');
    await gateway.setPolicy(VIEW_ONLY);
    const id = session(gateway.records());
    // Until then typing may still arrive; afterwards none of it does.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    for (let count = 0; count < 3; count += 1) await client.typeLine('echo after > after.txt');
    await gateway.setPolicy(NOTHING);
    await client.ended();
    const records = await closed();
    expect(id).toBe(session(records));
    expect(existsSync(path.join(xrdp.folder, 'after.txt'))).toBe(false);
    expect(outcome(records, 'CONTROL')).toMatchObject({ dropped: expect.toSatisfy((n: number) => n > 30) });
    expect(client.output()).toMatch(/ERRINFO_RPC_INITIATED_DISCONNECT/);
  });
});

/** How often the target was connected to. */
const dialled = (): number => xrdp.output().match(/TLS connection established/g)?.length ?? 0;

describe('who is let in', () => {
  it('P1, P11: nobody without a secret that holds, and the target is not dialled before', async (context) => {
    programsOf(context);
    const before = dialled();
    expect(before).toBeGreaterThan(0);
    const right = await gateway.issuer.token();
    const wrong = [
      `${right}x`,
      await gateway.issuer.token({ expiresIn: -60 }),
      'cred_0123456789abcdef.slp_none',
    ];
    for (const password of wrong) {
      await using client = await open(context, { password });
      await client.ended();
    }
    {
      await using client = await open(context, { claims: { groups: ['others'] } });
      await client.ended();
      expect(client.output()).toMatch(/ERRINFO_SERVER_INSUFFICIENT_PRIVILEGES/);
    }
    await gateway.recordsUntil(
      (all) =>
        all.filter(({ type, protocol }) => type === 'authentication.failed' && protocol === 'rdp').length >=
        3,
    );
    expect(dialled()).toBe(before);
  });

  it('a session credential logs in, and only where it is for', async (context) => {
    programsOf(context);
    const answer = await askApi(gateway, '/v1/credentials', {
      token: await gateway.issuer.token(),
      body: { resource: 'desk' },
    });
    const { secret, user } = answer.json as IssuedCredential & { user: string };
    await using client = await open(context, { user, password: secret });
    expect(await writes(client, 'credential.txt', 'echo in')).toBe('in\n');
  });
});

describe('Network Level Authentication', () => {
  it('P6, P11: a session credential logs in by it, and a wrong secret does not; the target is not dialled before', async (context) => {
    const programs = programsOf(context);
    await gateway.setPolicy(WHOLE_DESKTOP);
    const answer = await askApi(gateway, '/v1/credentials', {
      token: await gateway.issuer.token(),
      body: { resource: 'desk' },
    });
    const { secret, user } = answer.json as IssuedCredential & { user: string };
    const [, listener] = gateway.gateway.ready.listeners;
    const at = { host: gateway.host, port: listener?.port ?? 0, user };
    const nla = ['/sec:nla'];
    const before = dialled();
    {
      const wrong = { ...at, password: `${secret}x` };
      await using client = startDesktopClient(programs, display, wrong, nla);
      await client.ended();
      expect(client.output()).toMatch(/LOGON_FAILURE/);
    }
    {
      // Without NLA there is no way in here.
      await using client = startDesktopClient(programs, display, { ...at, password: secret }, ['/sec:tls']);
      await client.ended();
      expect(client.output()).toMatch(/HYBRID_REQUIRED/);
    }
    expect(dialled()).toBe(before);
    await using client = startDesktopClient(programs, display, { ...at, password: secret }, nla);
    expect(await writes(client, 'nla.txt', 'echo by-nla')).toBe('by-nla\n');
    expect(JSON.stringify(gateway.records())).not.toContain(secret);
  });
});

describe('the end', () => {
  it('P12: a kill ends it at once, and the client is told', async (context) => {
    await using client = await open(context);
    await writes(client, 'alive.txt', 'echo alive');
    const token = await gateway.issuer.token({ groups: ['admins'] });
    const id = session(gateway.records());
    const answer = await askApi(gateway, `/v1/sessions/${id}/kill`, { token, body: { reason: 'enough' } });
    expect(answer.status).toBeLessThan(300);
    await client.ended();
    expect(client.output()).toMatch(/ERRINFO_RPC_INITIATED_DISCONNECT/);
    const records = await closed();
    expect(records.findLast(({ type }) => type === 'session.closed')?.['reason']).toContain('enough');
  });

  it('P12: a token that ends takes its desktop along', async (context) => {
    await using client = await open(context, { claims: { expiresIn: 6 } });
    await client.ended();
    expect(client.output()).toMatch(/ERRINFO_RPC_INITIATED_DISCONNECT/);
    const records = await closed();
    expect(records.findLast(({ type }) => type === 'session.closed')?.['reason']).toBe('expired');
  });
});
