import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  createRecorder,
  request,
  session,
  silentLog,
  type TestRecorder,
  tickingClock,
} from '../../../test/recording/recording-fixture.ts';
import { recordingLayout } from '../layout.ts';
import { IndexThread } from './index-thread.ts';
import { RecordingIndex } from './recording-index.ts';

/** A busy machine is no failure. */
const PATIENT = { timeout: 30_000 };

const ALL = { limit: 100 };

function openIndex(folder: string): RecordingIndex & Disposable {
  const index = RecordingIndex.open(recordingLayout(folder));
  return Object.assign(index, { [Symbol.dispose]: () => index.close() });
}

/** Two closed sessions and one that is live. */
async function recorded(): Promise<
  TestRecorder & { readonly live: ReturnType<TestRecorder['recorder']['open']> }
> {
  const made = createRecorder();
  const first = made.recorder.open(session('ses_a'));
  const n = first.begin(request('ses_a', 1, { request: { text: 'SELECT customer_id FROM public.orders' } }));
  first.data(n, Buffer.alloc(300_000), 0, 300_000);
  first.end(n, { status: 'ok', result: { rows: 7 }, durationMs: 12 });
  first.begin(
    request('ses_a', 2, {
      request: { text: 'DELETE FROM orders' },
      effect: 'deny',
      rules: ['bounded-writes'],
    }),
  );
  await first.close('x');
  const principal = { ...session('x').principal, subject: 'bob', agent: 'other-bot', run: 'run-2' };
  const second = made.recorder.open(session('ses_b', { principal, resource: 'pg-test' }));
  second.begin(
    request('ses_b', 1, {
      request: { text: 'select größe from Äpfel' },
      observed: [{ rule: 'no-apples', effect: 'deny' }],
    }),
  );
  await second.close('x');
  const live = made.recorder.open(session('ses_c'));
  live.begin(request('ses_c', 1, { request: { text: 'SELECT now()' } }));
  live.flush();
  return { ...made, live };
}

describe('the index of recordings', () => {
  it('finds exchanges by their words and by who, where and what rule, the newest first', async () => {
    const { folder } = await recorded();
    using index = openIndex(folder);
    await index.catchUp();
    const found = (search: object): readonly string[] =>
      index.search({ ...ALL, ...search }).exchanges.map(({ exchange }) => exchange);
    expect(found({})).toEqual(['ses_c.1', 'ses_b.1', 'ses_a.2', 'ses_a.1']);
    expect(found({ words: 'orders' })).toEqual(['ses_a.2', 'ses_a.1']);
    expect(found({ words: 'ORDERS cust' })).toEqual(['ses_a.1']);
    expect(found({ words: 'customer' })).toEqual(['ses_a.1']);
    expect(found({ words: 'id' })).toEqual([]);
    expect(found({ words: 'public.orders' })).toEqual(['ses_a.1']);
    expect(found({ words: 'GRÖSSE' })).toEqual([]);
    expect(found({ words: 'GRÖßE äpfel' })).toEqual(['ses_b.1']);
    expect(found({ principal: 'bob' })).toEqual(['ses_b.1']);
    expect(found({ principal: 'claims-bot' })).toEqual(['ses_c.1', 'ses_a.2', 'ses_a.1']);
    expect(found({ run: 'run-2', resource: 'pg-test' })).toEqual(['ses_b.1']);
    expect(found({ run: 'run-2', resource: 'pg-prod' })).toEqual([]);
    expect(found({ rule: 'bounded-writes' })).toEqual(['ses_a.2']);
    expect(found({ effect: 'deny', words: 'delete' })).toEqual(['ses_a.2']);
    expect(found({ observed: 'no-apples' })).toEqual(['ses_b.1']);
    expect(found({ rule: 'no-apples' })).toEqual([]);
    expect(index.search({ ...ALL, observed: 'no-apples' }).exchanges[0]?.observed).toEqual([
      { rule: 'no-apples', effect: 'deny' },
    ]);
    expect(found({ session: 'ses_a', words: 'customer_id' })).toEqual(['ses_a.1']);
    expect(found({ decision: 'dec_2' })).toEqual(['ses_a.2']);
    expect(index.search({ ...ALL, words: 'customer_id' }).exchanges).toMatchObject([
      {
        session: 'ses_a',
        number: 1,
        status: 'ok',
        rows: 7,
        durationMs: 12,
        subject: 'alice',
        agent: 'claims-bot',
        rules: ['analytics-read'],
      },
    ]);
  });

  it('gives pages, and only what is in the time asked for', async () => {
    const { folder } = await recorded();
    using index = openIndex(folder);
    await index.catchUp();
    const first = index.search({ limit: 3 });
    expect(first.exchanges).toHaveLength(3);
    const second = index.search({ limit: 3, cursor: first.next ?? '' });
    expect(second.exchanges.map(({ exchange }) => exchange)).toEqual(['ses_a.1']);
    expect(second.next).toBeUndefined();
    const [newest] = first.exchanges;
    const atMs = Date.parse(newest?.at ?? '');
    expect(index.search({ ...ALL, sinceMs: atMs }).exchanges).toHaveLength(1);
    expect(index.search({ ...ALL, untilMs: atMs }).exchanges).toHaveLength(3);
  });

  it('follows a live recording, and an end that comes later', async () => {
    const { folder, live, recorder } = await recorded();
    using index = openIndex(folder);
    await index.catchUp();
    expect(index.behind().map((place) => place.session)).toEqual(['ses_c']);
    live.end(1, { status: 'error', result: {}, durationMs: 5 });
    live.begin(request('ses_c', 2, { request: { text: 'later' } }));
    live.flush();
    await index.catchUp();
    expect(index.search({ ...ALL, session: 'ses_c' }).exchanges).toMatchObject([
      { text: 'later' },
      { text: 'SELECT now()', status: 'error', durationMs: 5 },
    ]);
    await recorder.close();
    await index.catchUp();
    expect(index.behind()).toEqual([]);
  });

  it('is the same when it is made anew', async () => {
    const { folder, recorder } = await recorded();
    const before = openIndex(folder);
    await before.catchUp();
    const found = before.search(ALL);
    before.close();
    RecordingIndex.remove(recordingLayout(folder));
    using after = openIndex(folder);
    expect(after.search(ALL).exchanges).toEqual([]);
    await after.catchUp();
    expect(after.search(ALL)).toEqual(found);
    await recorder.close();
  });

  it('forgets what was deleted, and reads again what became shorter', async () => {
    const { folder, pathOf } = await recorded();
    using index = openIndex(folder);
    await index.catchUp();
    index.remove(['ses_b', 'ses_unknown']);
    expect(index.search({ ...ALL, principal: 'bob' }).exchanges).toEqual([]);
    const path = pathOf('ses_c');
    writeFileSync(path, readFileSync(path).subarray(0, -10));
    await index.update([{ day: '2026-11-26', session: 'ses_c' }]);
    expect(index.search({ ...ALL, session: 'ses_c' }).exchanges).toHaveLength(1);
    expect(statSync(recordingLayout(folder).indexFile).mode & 0o777).toBe(0o600);
  });

  it('P10: survives files that are damaged, and searches that are hostile', async () => {
    const { folder, pathOf } = await recorded();
    writeFileSync(pathOf('ses_d'), 'no recording at all, but long enough for a header');
    const bytes = readFileSync(pathOf('ses_a'));
    bytes.fill(0xff, 16, 20);
    writeFileSync(pathOf('ses_a'), bytes);
    using index = openIndex(folder);
    await index.catchUp();
    expect(index.search(ALL).exchanges.map(({ exchange }) => exchange)).toEqual(['ses_c.1', 'ses_b.1']);
    for (const words of [
      '"',
      '*',
      'a" OR "b',
      'text : x',
      'NEAR(a b)',
      "'; DROP TABLE sessions --",
      '\0',
      '-',
      'a*',
      '^a',
    ]) {
      try {
        index.search({ ...ALL, words });
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_RECORDING_QUERY' });
      }
    }
    expect(() => index.search({ ...ALL, words: 'w '.repeat(40) })).toThrow('at most 12 words');
    expect(() => index.search({ ...ALL, cursor: '1; DROP' })).toThrow('cursor');
    expect(index.search(ALL).exchanges).toHaveLength(2);
  });
});

describe('the thread of the index', () => {
  it('is told what has grown, answers searches, and is up to date again after a stop', async () => {
    const clock = tickingClock();
    const made = createRecorder({ clock });
    const first = new IndexThread({ dataDir: made.folder, log: silentLog });
    const { recorder } = createRecorder({ clock, onWritten: (place) => first.grown(place) }, made.folder);
    const recording = recorder.open(session('ses_a'));
    recording.begin(request('ses_a', 1));
    recording.flush();
    await expect.poll(async () => (await first.ask('search', ALL)).exchanges.length, PATIENT).toBe(1);
    recording.begin(request('ses_a', 2));
    recording.flush();
    await expect
      .poll(async () => (await first.ask('search', { ...ALL, words: 'select' })).exchanges.length, PATIENT)
      .toBe(2);
    await expect(first.ask('search', { ...ALL, words: '!' })).rejects.toMatchObject({
      code: 'ERR_RECORDING_QUERY',
    });
    await first.close();
    recording.begin(request('ses_a', 3));
    await recorder.close();
    const second = new IndexThread({ dataDir: made.folder, log: silentLog });
    await expect.poll(async () => (await second.ask('search', ALL)).exchanges.length, PATIENT).toBe(3);
    second.remove(['ses_a']);
    expect((await second.ask('search', ALL)).exchanges).toEqual([]);
    await second.close();
    await expect(second.ask('search', ALL)).rejects.toMatchObject({ code: 'ERR_RECORDING_INDEX' });
  });

  it('makes an index anew that is no database any more', async () => {
    const { folder, recorder } = await recorded();
    await recorder.close();
    const { indexFile } = recordingLayout(folder);
    rmSync(indexFile, { force: true });
    writeFileSync(indexFile, 'not a database, but long enough to look like one'.repeat(50));
    const thread = new IndexThread({ dataDir: folder, log: silentLog });
    await expect.poll(async () => (await thread.ask('search', ALL)).exchanges.length, PATIENT).toBe(4);
    await thread.close();
  });
});
