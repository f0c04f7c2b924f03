import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/open-store.ts';
import { newRequest } from './new-request.ts';
import {
  type ApprovalRepository,
  approvalSchema,
  createApprovalRepository,
  groupWatcher,
  ownWatcher,
} from './repository.ts';
import type { ApprovalRequest } from './request.ts';
import { asking, groundsOf, needs } from './testing/approvals-fixture.ts';
import { closed } from './transitions.ts';

let folder: string;
let store: Store;
let repository: ApprovalRepository;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'repository-'));
  store = openStore(join(folder, 'state.sqlite'), [approvalSchema]);
  repository = createApprovalRepository(store);
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

function request(digest: string, group: string = 'dba'): ApprovalRequest {
  const grounds = groundsOf([needs([group])]);
  return newRequest(asking({}, grounds), digest, grounds, 1_000);
}

function rows(table: string): unknown {
  return store.database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'];
}

describe('requests on disk', () => {
  it('at most one of a digest is live, and each step begins from the version before', async () => {
    const first = request('d1');
    await repository.insert(first);
    await expect(repository.insert(request('d1'))).rejects.toThrow(/UNIQUE/);
    // What failed left nothing behind.
    expect([rows('approvals_requests'), rows('approvals_watchers')]).toEqual([1, 2]);
    const over = closed(first, 'voided', 2_000, 'x');
    if (over === undefined) throw new Error('it was open');
    expect(await repository.replace(over)).toBe(true);
    expect(await repository.replace(over)).toBe(false);
    await repository.insert(request('d1'));
    expect((await repository.latest('d1'))?.status).toBe('open');
    expect(await repository.find(first.id)).toEqual(over);
  });

  it('lists to each what they may see, without statement and values', async () => {
    await repository.insert(request('d1', 'dba'));
    await repository.insert(request('d2', 'sec'));
    const digests = async (watchers?: readonly string[]): Promise<readonly string[]> =>
      (await repository.list({ kind: 'exchange', watchers, limit: 10 })).map(
        ({ request: one }) => one.digest,
      );
    expect(await digests()).toEqual(['d2', 'd1']);
    expect(await digests([groupWatcher('dba')])).toEqual(['d1']);
    expect(await digests([groupWatcher('dba'), groupWatcher('sec')])).toEqual(['d2', 'd1']);
    const own = { issuer: 'https://idp.example', subject: 'alice', agent: 'claims-bot' };
    expect(await digests([ownWatcher(own)])).toEqual(['d2', 'd1']);
    expect(await digests([ownWatcher({ ...own, agent: undefined }), groupWatcher('own x')])).toEqual([]);
    const [listed] = await repository.list({ kind: 'exchange', limit: 1 });
    expect(listed?.request.view).toMatchObject({
      summary: 'UPDATE on public.orders',
      text: '',
      parameters: [],
    });
    expect((await repository.latest('d2'))?.view.text).toContain('UPDATE orders');
  });

  it('notes what is left of windows, and never more than there was', async () => {
    const open = request('d1');
    await repository.insert(open);
    await repository.saveRemaining(
      new Map([
        [open.id, 5_000],
        ['apr_unknown', 1],
      ]),
    );
    expect(await repository.live()).toMatchObject([{ remainingMs: 5_000 }]);
    await repository.saveRemaining(new Map([[open.id, 5_000_000]]));
    expect((await repository.find(open.id))?.remainingMs).toBe(open.remainingMs);
    // A step says anew what is left: that of a grant may be more.
    await repository.saveRemaining(new Map([[open.id, 10]]));
    await repository.replace({ ...open, status: 'approved', remainingMs: 60_000, version: 2 });
    expect((await repository.latest('d1'))?.remainingMs).toBe(60_000);
  });

  it('P10: what ended long ago goes, and the oldest beyond a number; what is live stays', async () => {
    const live = request('live');
    await repository.insert(live);
    for (let n = 0; n < 6; n += 1) {
      const one = request(`d${n}`);
      await repository.insert(one);
      await repository.replace(closed(one, 'voided', n * 1_000, 'x') ?? one);
    }
    await repository.prune(2_000, 3);
    expect(
      (await repository.list({ kind: 'exchange', limit: 10 })).map(({ request: one }) => one.digest),
    ).toEqual(['d5', 'd4', 'd3', 'live']);
    expect(rows('approvals_watchers')).toBe(8);
  });
});
