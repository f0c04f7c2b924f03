import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createRecorder,
  request,
  session,
  type TestRecorder,
  tickingClock,
} from '../../../test/recording/recording-fixture.ts';
import type { SessionRecording } from '../../model/recording.ts';
import { encodeCommandComplete } from '../../protocols/postgres/wire/backend/command-complete.ts';
import { encodeDataRow } from '../../protocols/postgres/wire/backend/data-row.ts';
import { type RecordingLine, recordingLineSchema, searchPageSchema } from '../contract/recording.ts';
import { type ApiFixture, type Asking, createApiFixture, problemOf } from '../testing/api-fixture.ts';

const RESULT = Buffer.concat([encodeDataRow(['Ann']), encodeCommandComplete('SELECT 1')]);

interface Recorded extends TestRecorder {
  readonly fixture: ApiFixture;
  /** Of `ses_b`, which is live. */
  readonly live: SessionRecording;
}

async function recorded(): Promise<Recorded> {
  const fixture = await createApiFixture();
  const made = createRecorder({ clock: tickingClock(), audit: fixture.audit }, fixture.folder);
  const over = made.recorder.open(session('ses_a'));
  for (let n = 1; n <= 3; n += 1) {
    over.begin(request('ses_a', n, { request: { text: `SELECT secret_${n}` } }));
    over.data(n, RESULT, 0, RESULT.length);
    over.end(n, { status: 'ok', result: { rows: 1 }, durationMs: 1 });
  }
  await over.close('client left');
  const live = made.recorder.open(session('ses_b'));
  live.begin(request('ses_b', 1));
  live.flush();
  return { ...made, fixture, live };
}

function parse(text: string): readonly RecordingLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const value: unknown = JSON.parse(line);
      const parsed = recordingLineSchema.parse(value);
      // The contract leaves nothing out.
      if (parsed.type !== 'error') expect(parsed).toEqual(value);
      return parsed;
    });
}

async function read(fixture: ApiFixture, path: string, asking?: Asking): Promise<readonly RecordingLine[]> {
  const response = await fixture.ask(`/v1/sessions/${path}`, asking);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  return parse(await response.text());
}

const types = (lines: readonly RecordingLine[]): readonly string[] => lines.map(({ type }) => type);

describe('GET /v1/sessions/{id}/recording', () => {
  it('gives what happened, line by line, and records who looked', async () => {
    const { fixture } = await recorded();
    const lines = await read(fixture, 'ses_a/recording', { token: 'reader' });
    expect(types(lines)).toEqual([
      'session',
      ...['begin', 'data', 'end', 'begin', 'data', 'end', 'begin', 'data', 'end'],
      'close',
    ]);
    expect(Buffer.from(lines[2]?.bytes ?? '', 'base64').equals(RESULT)).toBe(true);
    expect(await fixture.accesses()).toMatchObject([
      {
        route: '/v1/sessions/{id}/recording',
        outcome: 'permit',
        details: { session: 'ses_a', form: 'bytes' },
      },
    ]);
  });

  it('gives one exchange, what follows one, and results as rows', async () => {
    const { fixture } = await recorded();
    const one = await read(fixture, 'ses_a/recording?exchange=2&form=rows');
    expect(types(one)).toEqual(['session', 'begin', 'data', 'end', 'close']);
    expect(one[2]?.items).toEqual([
      { kind: 'row', cells: ['Ann'], isCut: false },
      { kind: 'done', text: 'SELECT 1' },
    ]);
    expect(types(await read(fixture, 'ses_a/recording?fromExchange=3'))).toHaveLength(5);
    expect(types(await read(fixture, 'ses_a/recording?fromMs=99999'))).toEqual(['session', 'close']);
  });

  it('follows a live session to its end', async () => {
    const { fixture, live } = await recorded();
    const response = await fixture.ask('/v1/sessions/ses_b/recording?follow=1');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    const until = async (word: string): Promise<void> => {
      while (!text.includes(word)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the stream ended before ${word}`);
        text += Buffer.from(value).toString();
      }
    };
    await until('"begin"');
    live.end(1, { status: 'ok', result: {}, durationMs: 1 });
    live.flush();
    await until('"end"');
    await live.close('client left');
    await until('"close"');
    expect((await reader.read()).done).toBe(true);
    expect(fixture.recordings.streams.count).toBe(0);
  });

  it('P10: has few streams at once, and ends them with the client, or with the gateway', async () => {
    const { fixture } = await recorded();
    const follow = (): Promise<Response> => fixture.ask('/v1/sessions/ses_b/recording?follow=1');
    const first = await follow();
    await follow();
    expect((await follow()).status).toBe(429);
    expect((await fixture.ask('/v1/sessions/ses_b/recording?follow=1', { token: 'reader' })).status).toBe(
      200,
    );
    await first.body?.cancel();
    expect(fixture.recordings.streams.count).toBe(2);
    const last = await follow();
    fixture.recordings.streams.close();
    expect(types(parse(await last.text()))[0]).toBe('session');
    expect((await follow()).status).toBe(429);
  });

  it('P3: refuses who is no reader, ids that are none, and says what there is not', async () => {
    const { fixture } = await recorded();
    expect((await fixture.ask('/v1/sessions/ses_a/recording', { token: 'agent' })).status).toBe(403);
    expect((await fixture.ask('/v1/sessions/..%2f..%2fetc/recording')).status).toBe(400);
    expect((await fixture.ask('/v1/sessions/ses_a/recording?exchange=0')).status).toBe(400);
    expect(await problemOf(await fixture.ask('/v1/sessions/ses_z/recording'))).toMatchObject({
      status: 404,
      code: 'ERR_API_UNKNOWN_SESSION',
    });
    const none = await createApiFixture({ recordings: false });
    expect(await problemOf(await none.ask('/v1/sessions/ses_a/recording'))).toMatchObject({ status: 404 });
    expect(await problemOf(await none.ask('/v1/exchanges'))).toMatchObject({ status: 404 });
  });

  it('shows no terminal of a session that has none', async () => {
    const { fixture } = await recorded();
    expect(await problemOf(await fixture.ask('/v1/sessions/ses_a/asciicast'))).toMatchObject({
      status: 400,
      code: 'ERR_API_INVALID',
      detail: 'asciicast is for sessions of SSH, and this one is of postgres',
    });
    expect((await fixture.ask('/v1/sessions/ses_z/asciicast')).status).toBe(404);
    expect(fixture.recordings.streams.count).toBe(0);
  });

  it('ends with a line that says so where the recording is damaged', async () => {
    const { fixture, pathOf } = await recorded();
    const path = pathOf('ses_a');
    const bytes = readFileSync(path);
    bytes.fill(0xff, bytes.indexOf('secret_2') - 300, bytes.indexOf('secret_2'));
    writeFileSync(path, bytes);
    const lines = await read(fixture, 'ses_a/recording');
    expect(lines.at(-1)?.type).toBe('error');
    writeFileSync(join(path, '..', 'ses_c.rec'), 'this is no recording at all');
    expect((await fixture.ask('/v1/sessions/ses_c/recording')).status).toBe(500);
    expect(fixture.recordings.streams.count).toBe(0);
  });

  it('P4: gives nothing when the look cannot be recorded', async () => {
    const { fixture } = await recorded();
    fixture.fillDisk();
    expect((await fixture.ask('/v1/sessions/ses_a/recording')).status).toBe(503);
    await fixture.freeDisk();
  });
});

describe('GET /v1/exchanges', () => {
  it('finds exchanges page by page, and records that somebody searched, without the words', async () => {
    const { fixture } = await recorded();
    const found = async (query: string) =>
      searchPageSchema.parse(await fixture.read(`/v1/exchanges?${query}`));
    const first = await found('query=select%20secret&limit=2');
    expect(first.exchanges.map(({ exchange }) => exchange)).toEqual(['ses_a.3', 'ses_a.2']);
    const second = await found(`query=select%20secret&limit=2&cursor=${first.nextCursor}`);
    expect(second.exchanges).toMatchObject([{ number: 1, text: 'SELECT secret_1', status: 'ok', rows: 1 }]);
    expect(second.nextCursor).toBeUndefined();
    expect(
      (await found('principal=alice&run=run-1&since=2026-11-26T11:00:00Z&session=ses_b')).exchanges,
    ).toHaveLength(1);
    const accesses = await fixture.accesses();
    expect(accesses[0]).toMatchObject({ route: '/v1/exchanges', details: { words: 2, limit: 2 } });
    expect(JSON.stringify(accesses)).not.toContain('secret');
  });

  it('P3: refuses searches that make no sense', async () => {
    const { fixture } = await recorded();
    for (const query of ['query=%22', 'limit=0', 'cursor=x', 'effect=maybe', 'since=yesterday', 'nope=1'])
      expect((await fixture.ask(`/v1/exchanges?${query}`)).status, query).toBe(400);
    expect((await fixture.ask('/v1/exchanges', { token: 'agent' })).status).toBe(403);
  });
});
