import { describe, expect, it } from 'vitest';
import { accessOf } from './limits/testing/access.ts';
import { RunHistory } from './run-history.ts';
import type { Intent } from './verdict.ts';

const PERMIT = { effect: 'permit', rules: [], obligations: [], observed: [], policy: { hash: 'h' } } as const;

function intentOf(summary: string, run?: string): Intent {
  const access = accessOf();
  const principal = { ...access.principal, ...(run === undefined ? {} : { run }) };
  return {
    access: { ...access, principal },
    verdict: { id: `dec_${summary}`, decision: PERMIT },
    summary,
    request: {},
    writes: false,
  };
}

describe('what a run did', () => {
  it('P10: are its last ten exchanges, the last one last, and nobody else’s', () => {
    const history = new RunHistory();
    for (let i = 0; i < 25; i += 1) history.note(intentOf(`a${i}`, 'a'));
    history.note(intentOf('b', 'b'));
    history.note(intentOf('without a run'));
    const before = history.before(intentOf('', 'a').access);
    expect(before.map(({ summary }) => summary)).toEqual(
      Array.from({ length: 10 }, (_, index) => `a${index + 15}`),
    );
    expect(history.before(intentOf('', 'b').access)).toHaveLength(1);
    expect(history.before(intentOf('').access)).toMatchObject([{ summary: 'without a run' }]);
    expect(history.before(intentOf('', 'c').access)).toEqual([]);
  });

  it('P10: is forgotten of the runs that did nothing for longest', () => {
    const history = new RunHistory();
    for (let i = 0; i < 5_001; i += 1) history.note(intentOf('x', `run ${i}`));
    expect(history.before(intentOf('', 'run 0').access)).toEqual([]);
    expect(history.before(intentOf('', 'run 1').access)).toHaveLength(1);
  });
});
