/** Dynamic channels of a real client and a real machine: xfreerdp and xrdp, an echo and a new size of the desktop, denied and allowed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { type DesktopClient, startDesktopClient } from '../../support/desktop-client.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { runProcess } from '../../support/processes.ts';
import { startRdpGateway, WHOLE_DESKTOP } from '../../support/rdp-gateway.ts';
import { lastDesktop, outcomeOf } from '../../support/rdp-raw-desk.ts';
import type { StartedGateway } from '../../support/running-gateway.ts';
import { startDisplay, type VirtualDisplay } from '../../support/virtual-display.ts';
import { startTestXrdp, type TestXrdp, XRDP_PATIENCE_MS } from '../../support/xrdp.ts';

const DISPLAY_CONTROL = 'Microsoft::Windows::RDS::DisplayControl';
const allowing = (channels: string): string =>
  `${WHOLE_DESKTOP}  - { id: dynamic, effect: allow, on: rdp, match: { groups: [agents], operations: [CHANNEL, DYNAMIC_CHANNEL], channels: [${channels}] } }\n`;
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
/** A program on the desktop that opens a dynamic channel by xrdp's interface, and says what comes back of what it sends. */
const ECHO = `
import ctypes, glob, sys
api = ctypes.CDLL(glob.glob('/usr/lib/*/xrdp/libxrdpapi.so.0')[0])
api.WTSVirtualChannelOpenEx.restype = ctypes.c_void_p
channel = api.WTSVirtualChannelOpenEx(ctypes.c_uint(0xffffffff), sys.argv[1].encode(), ctypes.c_uint(1))
if not channel:
    print('not opened')
    sys.exit()
handle, count, answer = ctypes.c_void_p(channel), ctypes.c_uint(0), ctypes.create_string_buffer(100)
sent = b'an echo'
api.WTSVirtualChannelWrite(handle, sent, ctypes.c_uint(len(sent)), ctypes.byref(count))
for _ in range(100):
    api.WTSVirtualChannelRead(handle, ctypes.c_uint(200), answer, ctypes.c_uint(100), ctypes.byref(count))
    if count.value > 0:
        break
print(answer.value.decode() or 'no answer')
`;

let xrdp: TestXrdp;
let gateway: StartedGateway;
let screen: VirtualDisplay;

beforeAll(async () => {
  if (needed.some((tool) => findTool(tool) === undefined) || process.getuid?.() !== 0) return;
  xrdp = await startTestXrdp({ xrdp: findTool(tools.xrdp) ?? '', sesman: findTool(tools.sesman) ?? '' });
  writeFileSync(path.join(xrdp.folder, 'echo.py'), ECHO);
  gateway = await startRdpGateway({ target: xrdp, recording: {} });
  screen = await startDisplay(findTool(tools.xvfb) ?? '', 900_000);
}, XRDP_PATIENCE_MS);
afterAll(async () => {
  await screen?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
  await xrdp?.[Symbol.asyncDispose]();
});

async function open(context: TestContext, policy: string, option: string): Promise<DesktopClient> {
  if (process.getuid?.() !== 0) context.skip('xrdp starts desktops as root only');
  for (const tool of needed) requireTool(context, tool);
  const program = (tool: (typeof needed)[number]): string => findTool(tool) ?? '';
  await gateway.setPolicy(policy);
  const { host, port } = gateway;
  const login = { host, port, user: 'desk', password: await gateway.issuer.token() };
  const programs = {
    xfreerdp: program(tools.xfreerdp),
    xdotool: program(tools.xdotool),
    xclip: program(tools.xclip),
  };
  return startDesktopClient(programs, screen.name, login, ['/sec:tls', option], 300_000);
}

/** Types a command on the desktop until a file of the desktop's folder holds what it says: at first nobody may be listening. */
async function said(client: DesktopClient, name: string, command: string): Promise<string> {
  const file = path.join(xrdp.folder, name);
  const end = Date.now() + 90_000;
  while (Date.now() < end) {
    // Moved there once it is whole.
    await client.typeLine(`(${command}) > part 2>&1; mv part ${name}`);
    for (let looks = 0; looks < 80; looks += 1) {
      if (existsSync(file) && readFileSync(file, 'utf8') !== '') return readFileSync(file, 'utf8');
      await delay(100);
    }
  }
  throw new Error(`the desktop does not say ${name}: ${client.output()}`);
}

/** Gives the window of the client another size, as by its corner. */
async function resize(width: number, height: number): Promise<void> {
  const env = { DISPLAY: screen.name };
  const window = ['search', '--onlyvisible', '--class', 'xfreerdp'];
  const size = ['windowsize', String(width), String(height)];
  const { code, stderr } = await runProcess(findTool(tools.xdotool) ?? '', [...window, ...size], { env });
  expect(code, stderr).toBe(0);
}

/** Width and height of the last picture of the last desktop, as it is exported. */
async function pictureSize(session: string): Promise<readonly number[]> {
  const file = path.join(gateway.dataDir, `${session}.png`);
  const texts: string[] = [];
  const write = (text: string): unknown => texts.push(text);
  const options = ['--format', 'png', '--output', file, '--data-dir', gateway.dataDir];
  const code = await runCli(['sessions', 'export', session, ...options], {
    stdout: { write },
    stderr: { write },
  });
  expect(code, texts.join('')).toBe(0);
  const png = readFileSync(file);
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

describe('dynamic channels', () => {
  it('P3: are opened where a rule names them, and no other; each is on file with what passed', {
    timeout: 240_000,
  }, async (context) => {
    {
      await using client = await open(context, allowing('drdynvc, ECHO'), '/echo');
      expect(await said(client, 'echo.txt', 'python3 echo.py ECHO')).toBe('an echo\n');
      expect(await said(client, 'other.txt', 'python3 echo.py OTHER')).toMatch(/^not opened$/m);
    }
    const records = await lastDesktop(gateway);
    // Both ways, with a header of two bytes each.
    expect(outcomeOf(records, 'DYNAMIC_CHANNEL', 'ECHO')).toEqual({ bytes: 2 * (2 + 'an echo'.length) });
    expect(outcomeOf(records, 'DYNAMIC_CHANNEL', 'OTHER')).toBe('denied');
    expect(outcomeOf(records, 'DYNAMIC_CHANNEL', DISPLAY_CONTROL)).toBe('denied');
    expect(outcomeOf(records, 'CHANNEL', 'drdynvc')).toMatchObject({ refused: 0, dropped: 0 });
  });

  it('P3: are none where no rule names the static channel that they ride on', {
    timeout: 240_000,
  }, async (context) => {
    {
      await using client = await open(context, allowing('ECHO'), '/echo');
      expect(await said(client, 'none.txt', 'python3 echo.py ECHO')).toMatch(/^not opened$/m);
    }
    const records = await lastDesktop(gateway);
    expect(outcomeOf(records, 'CHANNEL', 'drdynvc')).toBe('denied');
    expect(outcomeOf(records, 'DYNAMIC_CHANNEL', 'ECHO')).toBeUndefined();
  });

  it('give a desktop another size, which its recording has too', { timeout: 240_000 }, async (context) => {
    {
      await using client = await open(
        context,
        allowing(`drdynvc, "${DISPLAY_CONTROL}"`),
        '/dynamic-resolution',
      );
      expect(await said(client, 'before.txt', 'xdotool getdisplaygeometry')).toBe('1024 768\n');
      await resize(800, 600);
      let sizes = 0;
      await expect
        .poll(
          async () => {
            sizes += 1;
            return await said(client, `size-${sizes}.txt`, 'xdotool getdisplaygeometry');
          },
          { timeout: 60_000, interval: 500 },
        )
        .toBe('800 600\n');
    }
    const records = await lastDesktop(gateway);
    expect(outcomeOf(records, 'DYNAMIC_CHANNEL', DISPLAY_CONTROL)).toMatchObject({
      bytes: expect.toSatisfy((bytes: number) => bytes > 40),
    });
    expect(await pictureSize(String(records[0]?.['session']))).toEqual([800, 600]);
  });
});
