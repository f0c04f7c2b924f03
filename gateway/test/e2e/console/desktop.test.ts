/** A recorded desktop in a real Chromium, from the API of a real gateway: the picture there is the picture that was shown. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAuditLog } from '../../../src/audit/open-audit-log.ts';
import { decodeBitmapUpdate } from '../../../src/protocols/rdp/picture/bitmap-update.ts';
import { Screen } from '../../../src/protocols/rdp/picture/screen.ts';
import { bitmapUpdate, rectangle } from '../../../src/protocols/rdp/picture/testing/updates.ts';
import { DesktopRecord } from '../../../src/protocols/rdp/recording/desktop-record.ts';
import { RecordingIndex } from '../../../src/recording/index/recording-index.ts';
import { recordingLayout } from '../../../src/recording/layout.ts';
import { createRecorder } from '../../recording/recording-fixture.ts';
import { request, session } from '../../recording/session-data.ts';
import { seriousViolations } from '../../support/axe.ts';
import type { Visitor } from '../../support/console-browser.ts';
import {
  CONSOLE_API,
  type ConsolePeople,
  ensureConsoleBuilt,
  openConsolePeople,
} from '../../support/console-people.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';
import { findTool, tools } from '../../support/installed-tool.ts';
import { digestOf, shownDigest } from '../../support/shown-desktop.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

const chromium = findTool(tools.chromium);
const WIDTH = 320;
const HEIGHT = 200;
const SECONDS = 200;
const HOSTILE = '<img src=x onerror="window.pwned=1">';

let folder: TemporaryFolder;
let gateway: HttpGateway;
let people: ConsolePeople;
let viewer: Visitor;

/** A square of a colour that goes with the second. */
function update(second: number): Uint8Array {
  const data = [0xf3, 0, 4, (second * 29) & 0xff, (second * 71) & 0xff];
  const place = { left: (second * 17) % 288, top: (second * 13) % 168, width: 32, height: 32 };
  return bitmapUpdate([rectangle({ ...place, depth: 16, flags: 0x401, data })]);
}

/** Digest of the screen once the update of this second was shown. */
function digestAt(second: number): string {
  const screen = new Screen(WIDTH, HEIGHT);
  for (let drawn = 0; drawn <= second; drawn += 1) decodeBitmapUpdate(update(drawn), screen);
  return digestOf(screen);
}

/** Minutes of a desktop, by a clock that does not wait for them. */
async function record(dataDir: string): Promise<void> {
  let nowMs = Date.UTC(2026, 10, 26, 12);
  const clock = { nowMs: () => nowMs };
  const audit = await openAuditLog({ folder: dataDir, durability: 'written', clock });
  const made = createRecorder({ clock, audit }, dataDir);
  const opened = session('ses_desk', { protocol: 'rdp', resource: 'desk' });
  await audit.append([{ type: 'session.opened', ...opened }]);
  const recording = made.recorder.open(opened);
  const exchange = recording.begin(request('ses_desk', 1, { summary: 'desktop' }));
  const desktop = new DesktopRecord({ recording, exchange, nowMs: clock.nowMs });
  desktop.size(WIDTH, HEIGHT, 0x409);
  for (let second = 0; second < SECONDS; second += 1) {
    desktop.bitmap(update(second));
    desktop.mouse(0x800, second, 100);
    if (second === 150) for (const key of [0x26, 0x1f, 0x1c]) desktop.key(key);
    if (second === 20) desktop.mark(HOSTILE, {});
    // A text that is kept back is an exchange too.
    if (second === 40) recording.begin(request('ses_desk', 2, { effect: 'deny' }));
    for (let tick = 0; tick < 10; tick += 1) {
      nowMs += 100;
      await new Promise((resolve) => setImmediate(resolve));
      await desktop.drained();
    }
  }
  desktop.end();
  recording.end(exchange, { status: 'ok', result: {}, durationMs: SECONDS * 1000 });
  await recording.close('client left');
  await made.recorder.close();
  await audit.append([
    { type: 'session.closed', session: 'ses_desk', reason: 'client left', exchanges: 1, refused: 0 },
  ]);
  await audit.close();
  // What a program has read in a picture.
  const index = RecordingIndex.open(recordingLayout(dataDir));
  await index.catchUp();
  const texts = [{ exchange, ms: 150_500, text: `Invoice ${HOSTILE}` }];
  index.putScreens({ session: 'ses_desk', texts, ended: 'read' });
  index.close();
}

describe.skipIf(chromium === undefined)('a recorded desktop in the console', () => {
  beforeAll(async () => {
    folder = createTemporaryFolder('desktop');
    await ensureConsoleBuilt();
    await record(folder.path);
    gateway = await startHttpGateway({
      service: (_request, response) => response.end(),
      dataDir: folder.path,
      recording: {},
      api: CONSOLE_API,
    });
    people = await openConsolePeople(chromium ?? '', gateway);
    viewer = await people.signIn({ sub: 'vera', groups: ['viewers'] });
    await viewer.page.goto(`${people.url}sessions/ses_desk`);
  }, 120_000);
  afterAll(async () => {
    await people?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
    folder?.[Symbol.dispose]();
  });

  const until = async (second: number): Promise<void> => {
    const wanted = digestAt(second);
    for (let tries = 0; tries < 200 && (await shownDigest(viewer.page)) !== wanted; tries += 1)
      await viewer.page.waitForTimeout(50);
    expect(await shownDigest(viewer.page)).toBe(wanted);
  };
  const place = () => viewer.page.getByLabel('Place in the recording');

  it('shows the picture of any place that is sought, forwards and back, and reads no more than it needs', async () => {
    await place().waitFor();
    await until(0);
    const asked: string[] = [];
    viewer.page.on('request', (sent) => asked.push(sent.url()));
    for (const second of [190, 75, 3, 120]) {
      await place().fill(String(second * 1000 + 500));
      await until(second);
    }
    expect(asked.filter((url) => url.includes('fromKeyMs=190500')).length).toBe(1);
  });

  it('plays, with what was typed, and stops', async () => {
    await place().fill('149500');
    await until(149);
    await viewer.page.getByRole('button', { name: 'Play' }).click();
    await viewer.page.getByLabel('Keys').getByText('ls').waitFor();
    await viewer.page.getByRole('button', { name: 'Pause' }).click();
    const stopped = await place().inputValue();
    await viewer.page.waitForTimeout(200);
    expect(await place().inputValue()).toBe(stopped);
    await viewer.page.getByText('8×').click();
    await place().fill('198000');
    await viewer.page.getByRole('button', { name: 'Play' }).click();
    await until(SECONDS - 1);
    await viewer.page.getByRole('button', { name: 'Play' }).waitFor();
  });

  it('shows what is on record as text, in the marks too, which lead to their place', async () => {
    await viewer.page.getByRole('button', { name: HOSTILE }).click();
    await until(20);
    expect(await viewer.page.evaluate('window.pwned')).toBeUndefined();
    expect(await viewer.page.locator('main img').count()).toBe(0);
    expect(await seriousViolations(viewer.page)).toEqual([]);
    expect(viewer.trouble).toEqual([]);
  });

  it('is found by what was read on its screen, and opens where it was shown', async () => {
    await viewer.page.goto(`${people.url}sessions?show=exchanges&query=invoice`);
    const found = viewer.page.getByRole('region', { name: 'Found exchanges' });
    await found.getByText('on screen, read by a program').waitFor();
    expect(await viewer.page.evaluate('window.pwned')).toBeUndefined();
    await found.getByText('Invoice').click();
    await place().waitFor();
    await until(150);
    expect(await place().inputValue()).toBe('150500');
  });
});
