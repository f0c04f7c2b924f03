import { describe, expect, it } from 'vitest';
import { createRecorder, request, session } from '../../../test/recording/recording-fixture.ts';
import { recordingLayout } from '../layout.ts';
import { RecordingIndex } from './recording-index.ts';

const RDP = { protocol: 'rdp' } as const;
const ALL = { limit: 100 };

/** A desktop that is over, beside a session of SQL. */
async function indexed(): Promise<RecordingIndex & Disposable> {
  const { recorder, folder } = createRecorder();
  const sql = recorder.open(session('ses_sql'));
  sql.begin(request('ses_sql', 1, { request: { text: 'SELECT invoice FROM orders' } }));
  await sql.close('x');
  const desk = recorder.open(session('ses_desk', RDP));
  desk.begin(request('ses_desk', 1, { summary: 'see the desktop of desk', rules: ['look'] }));
  await desk.close('x');
  const index = RecordingIndex.open(recordingLayout(folder));
  await index.catchUp();
  return Object.assign(index, { [Symbol.dispose]: () => index.close() });
}

const screens = (
  texts: readonly (readonly [ms: number, text: string])[],
  ended: 'read' | 'failed' = 'read',
) => ({
  session: 'ses_desk',
  texts: texts.map(([ms, text]) => ({ exchange: 1, ms, text })),
  ended,
});

describe('text in pictures', () => {
  it('is asked for once, of sessions of the protocol that are over', async () => {
    using index = await indexed();
    const unread = () => index.answer('unreadScreens', RDP)?.session;
    expect(unread()).toBe('ses_desk');
    index.putScreens(screens([], 'failed'));
    expect(unread()).toBeUndefined();
    index.forgetFailedScreens();
    expect(unread()).toBe('ses_desk');
    index.putScreens(screens([[5, 'hello']]));
    index.forgetFailedScreens();
    expect(unread()).toBeUndefined();
  });

  it('is found beside requests, with its time in the session, and says that it was on screen', async () => {
    using index = await indexed();
    index.putScreens(
      screens([
        [5000, 'Invoice 4711, Zürich'],
        [9000, 'Total'],
      ]),
    );
    const found = index.search({ ...ALL, words: 'invoice' }).exchanges;
    expect(found.map(({ session: id, screen }) => [id, screen])).toEqual([
      ['ses_desk', { ms: 5000, text: 'Invoice 4711, Zürich' }],
      ['ses_sql', undefined],
    ]);
    const [screen, sql] = found;
    expect(screen).toMatchObject({ number: 1, summary: 'see the desktop of desk', rules: ['look'] });
    const openedMs = Date.parse(sql?.at ?? '');
    expect(Date.parse(screen?.at ?? '') - openedMs).toBeGreaterThanOrEqual(5000);
    // By all conditions that hold for its session, and in pages.
    const words = { ...ALL, words: 'zür' };
    expect(index.search({ ...words, session: 'ses_desk', rule: 'look' }).exchanges).toHaveLength(1);
    expect(index.search({ ...words, session: 'ses_sql' }).exchanges).toHaveLength(0);
    const first = index.search({ words: 'invoice', limit: 1 });
    expect(index.search({ words: 'invoice', limit: 1, cursor: first.next ?? '' }).exchanges).toEqual([sql]);
  });

  it('is no request: what is found without words has none of it', async () => {
    using index = await indexed();
    const before = index.search({ ...ALL, session: 'ses_desk' });
    index.putScreens(
      screens([
        [1, 'one'],
        [2, 'two'],
      ]),
    );
    expect(index.search({ ...ALL, session: 'ses_desk' })).toEqual(before);
    expect(index.search(ALL).exchanges).toHaveLength(2);
  });

  it('P10: has an id of its own, however many there are in one millisecond, and goes with its session', async () => {
    using index = await indexed();
    const many = Array.from({ length: 50 }, (_, number) => [0, `word${number}`] as const);
    index.putScreens(screens(many));
    expect(index.search({ ...ALL, words: 'word' }).exchanges).toHaveLength(50);
    // Read again, it stands in place of what was there.
    index.putScreens(screens([[0, 'word']]));
    expect(index.search({ ...ALL, words: 'word' }).exchanges).toHaveLength(1);
    index.remove(['ses_desk']);
    expect(index.search({ ...ALL, words: 'word' }).exchanges).toHaveLength(0);
    index.putScreens(screens([[0, 'word']]));
    expect(index.search({ ...ALL, words: 'word' }).exchanges).toHaveLength(0);
  });
});
