/** Drives and sound of real clients at a real machine: rdesktop's folder and xfreerdp's sound in a desktop of xrdp, denied and allowed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { type DesktopClient, startDesktopClient, startRdesktop } from '../../support/desktop-client.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { startRdpGateway, WHOLE_DESKTOP } from '../../support/rdp-gateway.ts';
import { lastDesktop, outcomeOf } from '../../support/rdp-raw-desk.ts';
import type { StartedGateway } from '../../support/running-gateway.ts';
import { mintCredential } from '../../support/session-credentials.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { startDisplay, type VirtualDisplay } from '../../support/virtual-display.ts';
import { startTestXrdp, type TestXrdp, XRDP_PATIENCE_MS } from '../../support/xrdp.ts';

const allowing = (channel: string): string =>
  `${WHOLE_DESKTOP}  - { id: redirect, effect: allow, on: rdp, match: { groups: [agents], operations: [CHANNEL], channels: [${channel}] } }\n`;
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
const SOUND = ['/sound:sys:fake'];
/** A program on the desktop that opens a dynamic channel by xrdp's interface, and says what comes back of what it sends. */
const ECHO = `
import ctypes, glob, sys
api = ctypes.CDLL(glob.glob('/usr/lib/*/xrdp/libxrdpapi.so.0')[0])
api.WTSVirtualChannelOpenEx.restype = ctypes.c_void_p
channel = api.WTSVirtualChannelOpenEx(ctypes.c_uint(0xffffffff), sys.argv[1].encode(), ctypes.c_uint(1))
if not channel:
    sys.exit('not opened')
handle, count, answer = ctypes.c_void_p(channel), ctypes.c_uint(0), ctypes.create_string_buffer(100)
sent = b'an echo'
api.WTSVirtualChannelWrite(handle, sent, ctypes.c_uint(len(sent)), ctypes.byref(count))
for _ in range(50):
    api.WTSVirtualChannelRead(handle, ctypes.c_uint(200), answer, ctypes.c_uint(100), ctypes.byref(count))
    if count.value > 0:
        break
print(answer.value.decode() or 'no answer')
`;
const FROM_CLIENT = 'a file of the client\n';

let xrdp: TestXrdp;
let gateway: StartedGateway;
let screen: VirtualDisplay;
let home: TemporaryFolder;
/** What clients lend to the desktop. */
let lent: string;

beforeAll(async () => {
  if (needed.some((tool) => findTool(tool) === undefined) || process.getuid?.() !== 0) return;
  xrdp = await startTestXrdp({ xrdp: findTool(tools.xrdp) ?? '', sesman: findTool(tools.sesman) ?? '' });
  gateway = await startRdpGateway({ target: xrdp, recording: {}, api: {} });
  screen = await startDisplay(findTool(tools.xvfb) ?? '');
  home = createTemporaryFolder('rdesktop');
  lent = path.join(home.path, 'lent');
  mkdirSync(lent);
  writeFileSync(path.join(lent, 'mine.txt'), FROM_CLIENT);
  writeFileSync(path.join(xrdp.folder, 'echo.py'), ECHO);
}, XRDP_PATIENCE_MS);
afterAll(async () => {
  await screen?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
  await xrdp?.[Symbol.asyncDispose]();
  home?.[Symbol.dispose]();
});

function requireAll(context: TestContext): void {
  if (process.getuid?.() !== 0) context.skip('xrdp starts desktops as root only');
  for (const tool of needed) requireTool(context, tool);
}

const program = (tool: (typeof needed)[number]): string => findTool(tool) ?? '';
const driving = () => ({ xdotool: program(tools.xdotool), xclip: program(tools.xclip) });

/** rdesktop that lends a folder; it takes 63 characters of a password, so no token. */
async function lending(policy: string): Promise<DesktopClient> {
  await gateway.setPolicy(policy);
  const { user, secret: password } = await mintCredential(gateway, { resource: 'desk' });
  const login = { host: gateway.host, port: gateway.port, user, password };
  const options = ['-r', `disk:lent=${lent}`];
  const programs = { ...driving(), rdesktop: program(tools.rdesktop) };
  return startRdesktop(programs, screen.name, login, { home: home.path, options });
}

async function opening(policy: string, options: readonly string[]): Promise<DesktopClient> {
  await gateway.setPolicy(policy);
  const login = {
    host: gateway.host,
    port: gateway.port,
    user: 'desk',
    password: await gateway.issuer.token(),
  };
  const programs = { ...driving(), xfreerdp: program(tools.xfreerdp) };
  return startDesktopClient(programs, screen.name, login, ['/sec:tls', ...options]);
}

/** Types a command on the desktop until a file of the desktop's folder holds what it says: at first nobody may be listening. */
async function said(client: DesktopClient, name: string, command: string): Promise<string> {
  const file = path.join(xrdp.folder, name);
  const end = Date.now() + 90_000;
  while (Date.now() < end) {
    // Moved there once it is whole.
    await client.typeLine(`(${command}) > part 2>&1; mv part ${name}`);
    for (let looks = 0; looks < 50; looks += 1) {
      if (existsSync(file) && readFileSync(file, 'utf8') !== '') return readFileSync(file, 'utf8');
      await delay(100);
    }
  }
  throw new Error(`the desktop does not say ${name}: ${client.output()}`);
}

/** Whether this machine lets xrdp mount the drives of its clients: it wants /dev/fuse and fusermount, which not every machine has. */
function drivesAreMounted(): boolean {
  return readFileSync('/proc/mounts', 'utf8').includes(`/${xrdp.user}/thinclient_drives fuse`);
}

const FOLDER = '$HOME/thinclient_drives/lent';

describe('drives', () => {
  it('P3: that no rule allows are announced to nobody, and the desktop is worked on all the same', {
    timeout: 240_000,
  }, async (context) => {
    requireAll(context);
    {
      await using client = await lending(WHOLE_DESKTOP);
      expect(await said(client, 'denied.txt', `cat ${FOLDER}/mine.txt`)).toMatch(/No such file/);
    }
    const records = await lastDesktop(gateway);
    expect(outcomeOf(records, 'CHANNEL', 'rdpdr')).toBe('denied');
    expect(outcomeOf(records, 'CONTROL')).toMatchObject({ dropped: 0 });
  });

  it('that a rule allows are announced, accepted, and read and written by the desktop', {
    timeout: 240_000,
  }, async (context) => {
    requireAll(context);
    let isMounted = false;
    {
      await using client = await lending(allowing('rdpdr'));
      await said(client, 'up.txt', 'echo up');
      isMounted = drivesAreMounted();
      if (isMounted) {
        expect(await said(client, 'read.txt', `cat ${FOLDER}/mine.txt`)).toBe(FROM_CLIENT);
        await said(client, 'written.txt', `echo back > ${FOLDER}/back.txt; ls ${FOLDER}`);
        await expect
          .poll(
            () =>
              existsSync(path.join(lent, 'back.txt')) && readFileSync(path.join(lent, 'back.txt'), 'utf8'),
            { timeout: 30_000 },
          )
          .toBe('back\n');
      }
    }
    const records = await lastDesktop(gateway);
    // Names, capabilities and the announcement alone are some 300 bytes; of a mounted drive there is more.
    const least = isMounted ? 1000 : 100;
    expect(outcomeOf(records, 'CHANNEL', 'rdpdr')).toMatchObject({
      bytes: expect.toSatisfy((bytes: number) => bytes > least),
    });
    if (!isMounted) await context.annotate('xrdp could not mount: the exchange alone was looked at');
  });
});

/** How many clients xrdp's sound server has trained: each has confirmed a block of data that it was sent. */
function trainings(): number {
  const folder = `/home/${xrdp.user}/.local/share/xrdp`;
  const logs = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
  return logs.join('').split('sound_process_training').length - 1;
}

describe('sound', () => {
  it('P3: that no rule allows is not played, and that a rule allows is: the machine trains its client', {
    timeout: 240_000,
  }, async (context) => {
    requireAll(context);
    const before = trainings();
    {
      await using client = await opening(WHOLE_DESKTOP, SOUND);
      await said(client, 'silent.txt', 'echo silent');
    }
    expect(trainings()).toBe(before);
    expect(outcomeOf(await lastDesktop(gateway), 'CHANNEL', 'rdpsnd')).toBe('denied');
    {
      await using _client = await opening(allowing('rdpsnd'), SOUND);
      await expect.poll(trainings, { timeout: 90_000 }).toBeGreaterThan(before);
    }
    // The machine's training is a block of 1024 bytes.
    expect(outcomeOf(await lastDesktop(gateway), 'CHANNEL', 'rdpsnd')).toMatchObject({
      bytes: expect.toSatisfy((bytes: number) => bytes > 1024),
    });
  });
});
