/** What is replayed of a desktop is what its client showed, pixel by pixel: xfreerdp and rdesktop, and xrdp, whatever they would agree on. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { type DesktopClient, startDesktopClient, startRdesktop } from '../../support/desktop-client.ts';
import { readFramebuffer, type ScreenPicture } from '../../support/framebuffer.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { type RunningProcess, startProcess } from '../../support/processes.ts';
import { startRdpGateway } from '../../support/rdp-gateway.ts';
import type { AuditRecord, StartedGateway } from '../../support/running-gateway.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { startTestXrdp, type TestXrdp, XRDP_PATIENCE_MS } from '../../support/xrdp.ts';
import { askApi } from '../api/api-client.ts';

const WIDTH = 1024;
const HEIGHT = 768;
const needed = [
  tools.xrdp,
  tools.sesman,
  tools.xorgxrdp,
  tools.openbox,
  tools.xterm,
  tools.xvfb,
  tools.xfreerdp,
  tools.rdesktop,
  tools.xdotool,
  tools.xclip,
];
/** Text in all colours, so that more than black and white is compared. */
const COLOURS = String.raw`clear
for c in 1 2 3 4 5 6 7; do printf "\033[3%dmcolour %d of the \033[4%d;37m desktop \033[0m\n" $c $c $c; done
echo done
`;

let xrdp: TestXrdp;
let gateway: StartedGateway;
let screen: RunningProcess;
let memory: TemporaryFolder;
let display: string;

beforeAll(async () => {
  if (needed.some((tool) => findTool(tool) === undefined) || process.getuid?.() !== 0) return;
  memory = createTemporaryFolder('framebuffer');
  xrdp = await startTestXrdp({ xrdp: findTool(tools.xrdp) ?? '', sesman: findTool(tools.sesman) ?? '' });
  writeFileSync(path.join(xrdp.folder, 'paint.sh'), COLOURS);
  gateway = await startRdpGateway({ target: xrdp, recording: {}, api: { groups: { admins: ['admins'] } } });
  // Larger than the desktop: the client's pointer, which is its own, waits outside of it.
  const args = [
    '-displayfd',
    '1',
    '-screen',
    '0',
    '1280x900x24',
    '-nolisten',
    'tcp',
    '-noreset',
    '-fbdir',
    memory.path,
  ];
  screen = startProcess(findTool(tools.xvfb) ?? '', args, { timeoutMs: 10 * 60_000 });
  const [, number] = await screen.waitForOutput(/^(\d+)\n/m);
  display = `:${number}`;
}, XRDP_PATIENCE_MS);
afterAll(async () => {
  await screen?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
  await xrdp?.[Symbol.asyncDispose]();
  memory?.[Symbol.dispose]();
});

/** What the client shows, once that does not change any more. */
async function settled(): Promise<ScreenPicture> {
  let before = readFramebuffer(memory.path, WIDTH, HEIGHT);
  for (let tries = 0; tries < 40; tries += 1) {
    await delay(500);
    const now = readFramebuffer(memory.path, WIDTH, HEIGHT);
    if (now.rgb.equals(before.rgb)) return now;
    before = now;
  }
  throw new Error('the desktop does not come to rest');
}

const sessionOf = (records: readonly AuditRecord[]): AuditRecord | undefined =>
  records.findLast(({ type, protocol }) => type === 'session.opened' && protocol === 'rdp');

/** Pixels of a PNG without filters. */
function pixelsOf(png: Buffer): Buffer {
  const at = png.indexOf('IDAT');
  const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  const stride = png.readUInt32BE(16) * 3 + 1;
  return Buffer.concat(
    Array.from({ length: png.readUInt32BE(20) }, (_, y) => rows.subarray(y * stride + 1, (y + 1) * stride)),
  );
}

/** FreeRDP 2 widens the six bits of green by adding their highest three instead of their highest two: up to 4 of 255 brighter. */
function asFreerdpWidens(rgb: Buffer): Buffer {
  const widened = Buffer.from(rgb);
  for (let at = 1; at < rgb.length; at += 3) {
    const green = (rgb[at] ?? 0) >> 2;
    widened[at] = Math.min(255, (green << 2) + (green >> 3));
  }
  return widened;
}

function differing(one: Buffer, other: Buffer): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  let count = 0;
  for (let at = 0; at < one.length; at += 3)
    if (!one.subarray(at, at + 3).equals(other.subarray(at, at + 3))) count += 1;
  return count;
}

/** Starts one of the clients, each with what it would rather have than plain bitmaps. */
async function open(
  program: 'xfreerdp' | 'rdesktop',
  options: readonly string[],
  context: TestContext,
): Promise<DesktopClient> {
  const found = (tool: (typeof needed)[number]): string => requireTool(context, tool);
  const driving = { xdotool: found(tools.xdotool), xclip: found(tools.xclip) };
  const { host, port } = gateway;
  const token = await gateway.issuer.token();
  if (program === 'xfreerdp') {
    const login = { host, port, user: 'svc+desk', password: token };
    const programs = { ...driving, xfreerdp: found(tools.xfreerdp) };
    return startDesktopClient(programs, display, login, ['/sec:tls', ...options]);
  }
  // It takes 63 characters of a password: no token.
  const answer = await askApi(gateway, '/v1/credentials', { token, body: { resource: 'desk' } });
  const { user, secret: password } = answer.json as { user: string; secret: string };
  const programs = { ...driving, rdesktop: found(tools.rdesktop) };
  return startRdesktop(programs, display, { host, port, user, password }, { home: memory.path, options });
}

/** Has the desktop show something. What is typed is short, and harmless where only its end arrives. */
async function paint(client: DesktopClient, name: string): Promise<void> {
  const file = path.join(xrdp.folder, name);
  for (let tries = 0; tries < 10 && !existsSync(file); tries += 1) {
    await client.typeLine(`sh paint.sh && touch ${name}`);
    for (let looks = 0; looks < 30 && !existsSync(file); looks += 1) await delay(100);
  }
  expect(existsSync(file), client.output()).toBe(true);
}

/** The last picture of the last desktop, as it is exported. */
async function replayedPicture(name: string): Promise<Buffer> {
  const records = await gateway.recordsUntil((all) => {
    const opened = sessionOf(all);
    return all.some(({ type, session }) => type === 'recording.closed' && session === opened?.['session']);
  });
  const folder = path.join(memory.path, name);
  mkdirSync(folder);
  chmodSync(folder, 0o700);
  const file = path.join(folder, 'replayed.png');
  const session = String(sessionOf(records)?.['session']);
  const options = ['--format', 'png', '--output', file, '--data-dir', gateway.dataDir];
  const texts: string[] = [];
  const write = (text: string): unknown => texts.push(text);
  const exported = await runCli(['sessions', 'export', session, ...options], {
    stdout: { write },
    stderr: { write },
  });
  expect(exported, texts.join('')).toBe(0);
  return pixelsOf(readFileSync(file));
}

describe('the replayed picture', () => {
  it.for([
    { program: 'xfreerdp', depth: 32, options: ['/bpp:32', '/gfx', '/network:lan'] },
    { program: 'xfreerdp', depth: 24, options: ['/bpp:24', '/rfx', '/network:lan'] },
    { program: 'xfreerdp', depth: 16, options: ['/bpp:16'] },
    { program: 'rdesktop', depth: 32, options: ['-a', '32', '-x', 'lan', '-P', '-z'] },
  ] as const)(
    'is that of $program at $depth bits a pixel $options',
    { timeout: 120_000 },
    async ({ program, depth, options }, context) => {
      if (process.getuid?.() !== 0) context.skip('xrdp starts desktops as root only');
      for (const tool of needed) requireTool(context, tool);
      let shown: ScreenPicture;
      {
        await using client = await open(program, options, context);
        await paint(client, `seen-by-${program}-${depth}.txt`);
        await client.point(1270, 890);
        shown = await settled();
      }
      const replayed = await replayedPicture(`${program}-${depth}`);
      expect(differing(depth === 16 ? asFreerdpWidens(replayed) : replayed, shown.rgb)).toBe(0);
    },
  );
});
