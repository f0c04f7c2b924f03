/** Text on a screen that a real program reads: found by the API and on the command line, at the time at which it was shown. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { SearchPage } from '../../../src/api/contract/recording.ts';
import { runCli } from '../../../src/cli/cli.ts';
import { bitmapUpdate, rectangle } from '../../../src/protocols/rdp/picture/testing/updates.ts';
import { DATA } from '../../../src/protocols/rdp/wire/share/share-control.ts';
import { readPicture } from '../../../src/screen-text/read-picture.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { WHOLE_DESKTOP } from '../../support/rdp-gateway.ts';
import { RawRdpClient, startRawTarget } from '../../support/rdp-peers.ts';
import { lastDesktop, startRawDesk } from '../../support/rdp-raw-desk.ts';
import type { StartedGateway } from '../../support/running-gateway.ts';
import { askApi } from '../api/api-client.ts';

const WIDTH = 640;
const HEIGHT = 480;
/** Rows of one update: pixels of 16 bits, as many as a packet can hold. */
const BAND = 12;
/** Left and above the text. */
const MARGIN = 48;
/** Points of one letter's pixel. */
const SCALE = 6;
const LETTERS: Readonly<Record<string, readonly string[]>> = {
  A: ['.###.', '#...#', '#...#', '#####', '#...#', '#...#', '#...#'],
  E: ['#####', '#....', '#....', '####.', '#....', '#....', '#####'],
  H: ['#...#', '#...#', '#...#', '#####', '#...#', '#...#', '#...#'],
  L: ['#....', '#....', '#....', '#....', '#....', '#....', '#####'],
  O: ['.###.', '#...#', '#...#', '#...#', '#...#', '#...#', '.###.'],
  T: ['#####', '..#..', '..#..', '..#..', '..#..', '..#..', '..#..'],
};

/** Updates of the whole screen: black letters on white, a word in each line. */
function screenOf(...words: readonly string[]): readonly Buffer[] {
  const black = new Set<number>();
  for (const [line, word] of words.entries()) {
    for (const [index, letter] of [...word].entries()) {
      const dots = LETTERS[letter]?.join('') ?? '';
      for (let at = dots.indexOf('#'); at >= 0; at = dots.indexOf('#', at + 1))
        black.add((line * 10 + Math.floor(at / 5)) * WIDTH + index * 6 + (at % 5));
    }
  }
  const isBlack = (x: number, y: number): boolean =>
    black.has(Math.floor((y - MARGIN) / SCALE) * WIDTH + Math.floor((x - MARGIN) / SCALE));
  return Array.from({ length: HEIGHT / BAND }, (_, number) => {
    const pixels = Buffer.alloc(WIDTH * BAND * 2, 0xff);
    // Rows go from the bottom up.
    for (let y = 0; y < BAND; y += 1)
      for (let x = MARGIN; x < WIDTH; x += 1)
        if (isBlack(x, number * BAND + y)) pixels.writeUInt16LE(0, ((BAND - 1 - y) * WIDTH + x) * 2);
    const place = { left: 0, top: number * BAND, width: WIDTH, height: BAND, depth: 16, flags: 0 };
    return Buffer.from(bitmapUpdate([rectangle({ ...place, data: pixels })]));
  });
}

async function run(...argv: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const texts: string[] = [];
  const write = (text: string): unknown => texts.push(text);
  const code = await runCli(['sessions', ...argv], { stdout: { write }, stderr: { write } });
  return { code, text: texts.join('') };
}

/** What a search finds on screens, as soon as it finds something. */
async function searched(gateway: StartedGateway, query: string): Promise<SearchPage['exchanges']> {
  const token = await gateway.issuer.token({ sub: 'dana', groups: ['admins'] });
  const look = async (): Promise<SearchPage['exchanges']> => {
    const answer = await askApi(gateway, `/v1/exchanges?query=${query}`, { token });
    expect(answer.status, answer.text).toBe(200);
    return (answer.json as SearchPage).exchanges;
  };
  await expect.poll(async () => (await look()).length, { timeout: 50_000, interval: 300 }).toBeGreaterThan(0);
  return look();
}

describe('text on a screen', () => {
  it('is found at the time at which it was shown, and the picture of that time shows it', {
    timeout: 120_000,
  }, async (context) => {
    const command = [requireTool(context, tools.tesseract), 'stdin', 'stdout'];
    await using target = await startRawTarget();
    const screenText = { command, everySeconds: 1 };
    const api = { groups: { admins: ['admins'] } };
    await using gateway = await startRawDesk(target, { recording: { screenText }, api });
    await gateway.setPolicy(WHOLE_DESKTOP);
    const shown = Promise.withResolvers<void>();
    target.play = async ({ data }) => {
      for (const update of screenOf('HELLO')) data(DATA.UPDATE, update);
      // The next picture is due after a second.
      await delay(2_500);
      for (const update of screenOf('HELLO', 'TOTAL')) data(DATA.UPDATE, update);
      data(DATA.PLAY_SOUND, Buffer.alloc(8));
      shown.resolve();
    };
    {
      await using client = await RawRdpClient.connect(gateway);
      await client.logIn('svc+desk', await gateway.issuer.token());
      await client.confirm();
      await shown.promise;
      await client.until((bytes) => bytes.length > 18 && bytes[14] === DATA.PLAY_SOUND);
    }
    const opened = (await lastDesktop(gateway))[0];
    const session = String(opened?.['session']);
    // The newest comes first; that line stays when the other comes.
    const hello = (await searched(gateway, 'hello')).at(-1);
    expect(hello).toMatchObject({ session, protocol: 'rdp', resource: 'desk', screen: { text: 'HELLO' } });
    const [total] = await searched(gateway, 'total');
    expect(total).toMatchObject({ session, screen: { text: 'HELLO TOTAL' } });
    const [first, second] = [hello?.screen?.ms ?? 0, total?.screen?.ms ?? 0];
    expect(second).toBeGreaterThan(first);
    expect(Date.parse(total?.at ?? '') - Date.parse(hello?.at ?? '')).toBe(second - first);

    const local = await run('search', 'hello', '--data-dir', gateway.dataDir);
    expect(local).toMatchObject({ code: 0, text: expect.stringContaining('read by a program: HELLO') });
    const file = path.join(gateway.dataDir, 'found.png');
    const at = ['--at', `${first}ms`, '--output', file, '--data-dir', gateway.dataDir];
    expect(await run('export', session, '--format', 'png', ...at)).toEqual({ code: 0, text: '' });
    expect((await readPicture(readFileSync(file), { command, timeoutMs: 30_000 })).trim()).toBe('HELLO');
  });
});
