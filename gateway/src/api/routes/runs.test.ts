import { describe, expect, it } from 'vitest';
import { createRecorder, request, session, tickingClock } from '../../../test/recording/recording-fixture.ts';
import { RecordingIndex } from '../../recording/index/recording-index.ts';
import { recordingLayout } from '../../recording/layout.ts';
import { resourceListSchema } from '../contract/resource.ts';
import { runDetailSchema, runPageSchema } from '../contract/run.ts';
import { statisticsSchema } from '../contract/statistics.ts';
import { type ApiFixture, createApiFixture, problemOf } from '../testing/api-fixture.ts';

/** Two sessions of one run, one of another, and one without. */
async function recorded(): Promise<ApiFixture> {
  const fixture = await createApiFixture();
  const { recorder } = createRecorder({ clock: tickingClock(), audit: fixture.audit }, fixture.folder);
  const base = session('x').principal;
  const { run: _, ...nameless } = base;
  const of = async (id: string, principal: typeof base, resource: string, denied: number): Promise<void> => {
    const recording = recorder.open({ ...session(id), principal, resource });
    const observed = [
      { rule: 'strict', effect: 'deny' },
      { rule: 'read', effect: 'permit' },
    ];
    recording.begin(request(id, 1, { rules: ['read', 'also'], observed }));
    recording.end(1, { status: 'ok', result: {}, durationMs: 1 });
    for (let n = 0; n < denied; n += 1) {
      recording.begin(request(id, n + 2, { effect: 'deny', rules: ['no-drop'] }));
      recording.end(n + 2, { status: 'refused', result: {}, durationMs: 0 });
    }
    await recording.close('x');
  };
  await of('ses_a', { ...base, run: 'run-1' }, 'shop', 2);
  await of('ses_b', { ...base, run: 'run-1' }, 'files', 0);
  await of('ses_c', { ...base, run: 'run-2', subject: 'bob', agent: 'bot-2' }, 'shop', 0);
  await of('ses_d', nameless, 'shop', 0);
  return fixture;
}

describe('GET /v1/runs', () => {
  it('puts the sessions of each run together, the last begun first, page by page', async () => {
    const { read } = await recorded();
    const all = runPageSchema.parse(await read('/v1/runs'));
    expect(
      all.runs.map(({ run, sessions, exchanges, refused }) => [run, sessions, exchanges, refused]),
    ).toEqual([
      ['run-2', 1, 1, 0],
      ['run-1', 2, 4, 2],
    ]);
    expect([...(all.runs[1]?.resources ?? [])].sort()).toEqual(['files', 'shop']);
    const first = runPageSchema.parse(await read('/v1/runs?limit=1'));
    const next = runPageSchema.parse(await read(`/v1/runs?limit=1&cursor=${first.nextCursor}`));
    expect([first, next].map(({ runs }) => runs[0]?.run)).toEqual(['run-2', 'run-1']);
    expect(next.nextCursor).toBeUndefined();
    expect(runPageSchema.parse(await read('/v1/runs?principal=bot-2')).runs).toHaveLength(1);
    expect(runPageSchema.parse(await read('/v1/runs?resource=files')).runs).toHaveLength(1);
  });

  it('shows one with its sessions, and of an id that is made up that there is none', async () => {
    const { read, ask } = await recorded();
    const { runs } = runPageSchema.parse(await read('/v1/runs?run=run-1'));
    const detail = runDetailSchema.parse(await read(`/v1/runs/${runs[0]?.id}`));
    expect(detail.sessions.map((one) => [one.session, one.resource, one.live])).toEqual([
      ['ses_a', 'shop', false],
      ['ses_b', 'files', false],
    ]);
    for (const text of ['["run-1","bob",null]', '["run-1"]', '{"run":1}', 'nothing']) {
      const response = await ask(`/v1/runs/run_${Buffer.from(text).toString('base64url')}`);
      expect(response.status).toBe(404);
      expect(await problemOf(response)).toMatchObject({ code: 'ERR_API_UNKNOWN_RUN' });
    }
  });
});

describe('GET /v1/statistics', () => {
  const range = 'since=2000-01-01T00:00:00Z&until=2100-01-01T00:00:00Z&step=10080';

  it('counts decisions by time, agent, resource and rule', async () => {
    const { read, ask } = await recorded();
    expect(statisticsSchema.parse(await read('/v1/statistics')).step).toBe(60);
    const refused = await ask(`/v1/statistics?${range}`);
    expect((await problemOf(refused)).detail).toContain('take a longer step');
    const { exchanges } = (await read('/v1/exchanges?limit=1')) as { exchanges: { at: string }[] };
    const atMs = Date.parse(exchanges[0]?.at ?? '');
    const [from, to] = [atMs - 3_600_000, atMs + 3_600_000].map((ms) => new Date(ms).toISOString());
    const counted = statisticsSchema.parse(await read(`/v1/statistics?since=${from}&until=${to}&step=60`));
    const sum = (list: readonly { permitted: number; denied: number }[]): readonly number[] => [
      list.reduce((total, { permitted }) => total + permitted, 0),
      list.reduce((total, { denied }) => total + denied, 0),
    ];
    expect([counted.series, counted.agents, counted.resources].map(sum)).toEqual([
      [4, 2],
      [4, 2],
      [4, 2],
    ]);
    expect(counted.rules).toMatchObject([
      { rule: 'read', permitted: 4, denied: 0, observed: { permitted: 4, denied: 0 } },
      { rule: 'also', permitted: 4, denied: 0, observed: { permitted: 0, denied: 0 } },
      { rule: 'strict', permitted: 0, denied: 0, observed: { permitted: 0, denied: 4 } },
      { rule: 'no-drop', permitted: 0, denied: 2 },
    ]);
  });

  it('counts no longer what is no longer kept', async () => {
    const { folder, read } = await recorded();
    await read('/v1/exchanges');
    const index = RecordingIndex.open(recordingLayout(folder));
    index.remove(['ses_a', 'ses_c', 'ses_d']);
    const counted = index.answer('statistics', { sinceMs: 0, untilMs: 2 ** 42, stepMs: 86_400_000 });
    index.close();
    expect(counted.resources).toEqual([{ resource: 'files', permitted: 1, denied: 0 }]);
    expect(counted.rules.map(({ rule }) => rule).sort()).toEqual(['also', 'read', 'strict']);
    expect(counted.rules.find(({ rule }) => rule === 'strict')?.observed).toEqual({
      permitted: 0,
      denied: 1,
    });
  });
});

describe('GET /v1/resources', () => {
  it('says which allow rules may be about each, and tells no address', async () => {
    const { read } = await createApiFixture();
    const body = await read('/v1/resources', { token: 'reader' });
    const { resources } = resourceListSchema.parse(body);
    expect(resourceListSchema.parse(body)).toEqual(body);
    expect(resources[0]).toMatchObject({ name: 'shop', protocol: 'postgres', liveSessions: 0 });
    expect(resources[0]?.reachableBy.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['agents-connect', 'agents-read']),
    );
    const other = resources.find(({ name }) => name !== 'shop');
    expect(other?.reachableBy.map(({ rule }) => rule)).not.toContain('agents-connect');
    expect(resources[0]?.reachableBy.map(({ rule }) => rule)).not.toContain('no-drop');
  });

  it('says of each that the gateway looks at whether it is reached, since when, and what was last wrong', async () => {
    const { read } = await createApiFixture({
      health: {
        shop: {
          state: 'reachable',
          sinceMs: 60_000,
          checkedAtMs: 90_000,
          lastFailure: { atMs: 30_000, reason: 'nothing listens where it should be' },
        },
      },
    });
    const body = await read('/v1/resources', { token: 'reader' });
    const { resources } = resourceListSchema.parse(body);
    expect(resources.map(({ health }) => health)).toEqual([
      {
        state: 'reachable',
        since: '1970-01-01T00:01:00.000Z',
        checkedAt: '1970-01-01T00:01:30.000Z',
        lastFailure: { at: '1970-01-01T00:00:30.000Z', reason: 'nothing listens where it should be' },
      },
      undefined,
    ]);
  });
});
