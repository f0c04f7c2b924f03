/** A desktop at work, looked at in a real Chromium: FreeRDP's client and its shadow server, and what the machine shows is what the player shows. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visitor } from '../../support/console-browser.ts';
import {
  CONSOLE_API,
  type ConsolePeople,
  ensureConsoleBuilt,
  openConsolePeople,
} from '../../support/console-people.ts';
import { type DesktopClient, startDesktopClient } from '../../support/desktop-client.ts';
import { readFramebuffer } from '../../support/framebuffer.ts';
import { startTestShadow, type TestShadow } from '../../support/freerdp-shadow.ts';
import { findTool, tools } from '../../support/installed-tool.ts';
import { startRdpGateway } from '../../support/rdp-gateway.ts';
import type { StartedGateway } from '../../support/running-gateway.ts';
import { digestOf, shownDigest } from '../../support/shown-desktop.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { startDisplay, type VirtualDisplay } from '../../support/virtual-display.ts';
import { askApi } from '../api/api-client.ts';

const [WIDTH, HEIGHT] = [1024, 768];
/** The machine's own pointer is in its picture; it waits in the lower right corner. */
const CORNER = { corner: 24 };
const needed = [
  tools.chromium,
  tools.xvfb,
  tools.xterm,
  tools.freerdpShadow,
  tools.xfreerdp,
  tools.xdotool,
  tools.xclip,
];
const isThere = needed.every((tool) => findTool(tool) !== undefined);
const program = (tool: (typeof needed)[number]): string => findTool(tool) ?? '';
/** Text in all colours. */
const PAINT = String.raw`clear
for c in 1 2 3 4 5 6 7; do printf "\033[3%dmcolour %d of \033[4%d;37m$1 \033[0m\n" $c $c $c; done
touch $1
`;

let folder: TemporaryFolder;
let machine: TestShadow;
let display: VirtualDisplay;
let gateway: StartedGateway;
let people: ConsolePeople;
let viewer: Visitor;
let client: DesktopClient;
let session: string;

/** Digest of what the machine shows. */
function machineShows(): string {
  const { rgb } = readFramebuffer(folder.path, WIDTH, HEIGHT);
  const rgba = new Uint8Array(WIDTH * HEIGHT * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4)
    rgba.set(rgb.subarray(from, from + 3), to);
  return digestOf({ width: WIDTH, height: HEIGHT, rgba }, CORNER);
}

/** Digest of what the player shows. */
const playerShows = (): Promise<string> => shownDigest(viewer.page, CORNER);

/** Waits until the player shows it. @param wanted asked anew each time: the machine may still be drawing */
async function untilShown(wanted: () => string): Promise<string> {
  for (let tries = 0; tries < 150; tries += 1) {
    const picture = wanted();
    if ((await playerShows()) === picture) return picture;
    await delay(100);
  }
  throw new Error('the player does not show it');
}

/** Has the machine paint, and waits until it has. @param patience tenths of a second until it is typed again */
async function paint(name: string, patience = 150): Promise<void> {
  const file = path.join(machine.folder, name);
  for (let tries = 0; tries < 10 && !existsSync(file); tries += 1) {
    await client.typeLine(`sh paint.sh ${name}`);
    await client.point(WIDTH - 4, HEIGHT - 4);
    for (let looks = 0; looks < patience && !existsSync(file); looks += 1) await delay(100);
  }
  expect(existsSync(file), client.output()).toBe(true);
}

const place = () => viewer.page.getByLabel('Place in the recording');
const button = (name: string) => viewer.page.getByRole('button', { name, exact: true });

describe.skipIf(!isThere)('a desktop at work, in the console', () => {
  beforeAll(async () => {
    folder = createTemporaryFolder('framebuffer');
    await ensureConsoleBuilt();
    machine = await startTestShadow(
      {
        freerdpShadow: program(tools.freerdpShadow),
        xvfb: program(tools.xvfb),
        xterm: program(tools.xterm),
      },
      { framebuffer: folder.path, timeoutMs: 300_000 },
    );
    writeFileSync(path.join(machine.folder, 'paint.sh'), PAINT);
    display = await startDisplay(program(tools.xvfb));
    gateway = await startRdpGateway({
      target: machine,
      resource: machine.resource,
      recording: {},
      api: CONSOLE_API,
    });
    people = await openConsolePeople(program(tools.chromium), gateway);
    viewer = await people.signIn({ sub: 'vera', groups: ['viewers'] });
    const programs = {
      xfreerdp: program(tools.xfreerdp),
      xdotool: program(tools.xdotool),
      xclip: program(tools.xclip),
    };
    const { host, port } = gateway;
    const login = { host, port, user: 'desk', password: await gateway.issuer.token() };
    client = startDesktopClient(programs, display.name, login, ['/sec:tls'], 300_000);
    // The client may not be there yet.
    await paint('first', 30);
    const records = await gateway.recordsUntil((all) =>
      all.some(({ type, protocol }) => type === 'session.opened' && protocol === 'rdp'),
    );
    const opened = records.find(({ type, protocol }) => type === 'session.opened' && protocol === 'rdp');
    session = String(opened?.['session']);
    await viewer.page.goto(`${people.url}sessions/${session}`);
  }, 120_000);
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await people?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
    await display?.[Symbol.asyncDispose]();
    await machine?.[Symbol.asyncDispose]();
    folder?.[Symbol.dispose]();
  });

  let first: string;
  let firstMs = 0;

  it('is shown as the machine shows it, as it comes, with what is typed', async () => {
    await viewer.page.getByText('following').waitFor();
    first = await untilShown(machineShows);
    firstMs = Number(await place().inputValue());
    const typed = viewer.page.getByLabel('Keys').getByText('second').waitFor();
    await Promise.all([paint('second'), typed]);
    const second = await untilShown(machineShows);
    expect(second).not.toBe(first);
    expect(await button('Follow').count()).toBe(0);
  });

  it('stands still for whoever looks back, and is followed again', async () => {
    await button('Look back').click();
    const second = await untilShown(machineShows);
    await paint('third');
    expect(await playerShows()).toBe(second);
    await button('Follow').click();
    const third = await untilShown(machineShows);
    expect(third).not.toBe(second);
    // What is played to its end is followed too.
    await place().fill(String(Number(await place().inputValue()) - 1500));
    await button('Play').click();
    await button('Look back').waitFor();
    await untilShown(() => third);
  });

  it('P11: is shown to those who may replay it, and each look is on record', async () => {
    const url = `/v1/sessions/${session}/recording?fromKeyMs=1&follow=1`;
    const stranger = await gateway.issuer.token({ sub: 'mallory' });
    expect((await askApi(gateway, url, { token: stranger })).status).toBe(403);
    const looked = gateway
      .records()
      .filter(({ type, details }) => type === 'api.access' && JSON.stringify(details).includes('fromKeyMs'));
    expect(looked.some((record) => JSON.stringify(record).includes('vera'))).toBe(true);
  });

  it('is a replay once it has ended, in which each place shows what the machine showed then', async () => {
    const last = machineShows();
    await client[Symbol.asyncDispose]();
    await button('Play').waitFor();
    await viewer.page.getByRole('button', { name: /end: / }).waitFor();
    expect(await button('Follow').count()).toBe(0);
    await untilShown(() => last);
    await place().fill(String(firstMs));
    await untilShown(() => first);
    const endMs = Number(await place().getAttribute('max'));
    await place().fill(String(endMs - 4000));
    await viewer.page.getByText('8×').click();
    await button('Play').click();
    await untilShown(() => last);
    await button('Play').waitFor();
    expect(viewer.trouble).toEqual([]);
  });
});
