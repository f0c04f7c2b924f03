import { describe, expect, it } from 'vitest';
import { AttemptLimit } from './attempt-limit.ts';
import { LoginGuard } from './login-guard.ts';

describe('the guard of logins', () => {
  const fail = (guard: LoginGuard, id: string, source: string, times: number): void => {
    for (let count = 0; count < times; count += 1) guard.noteFailure({ id, source });
  };

  it('P10: blocks a source for a credential after ten failures, for a minute', () => {
    let nowMs = 0;
    const guard = new LoginGuard({ nowMs: () => nowMs });
    fail(guard, 'a', 'here', 9);
    expect(guard.isBlocked({ id: 'a', source: 'here' })).toBe(false);
    fail(guard, 'a', 'here', 1);
    expect(guard.isBlocked({ id: 'a', source: 'here' })).toBe(true);
    expect(guard.isBlocked({ id: 'b', source: 'here' })).toBe(false);
    expect(guard.isBlocked({ id: 'a', source: 'there' })).toBe(false);
    nowMs = 60_000;
    expect(guard.isBlocked({ id: 'a', source: 'here' })).toBe(false);
  });

  it('P10: blocks a credential that is tried from everywhere, but not for who has the secret', () => {
    const guard = new LoginGuard({ nowMs: () => 0 });
    guard.noteSuccess({ id: 'a', source: 'home' });
    for (let count = 0; count < 100; count += 1) fail(guard, 'a', `net${count}`, 1);
    expect(guard.isBlocked({ id: 'a', source: 'elsewhere' })).toBe(true);
    expect(guard.isBlocked({ id: 'a', source: 'home' })).toBe(false);
  });
});

describe('a limit of attempts', () => {
  it('P10: remembers so many keys and no more', () => {
    const limit = new AttemptLimit({ failures: 1, windowMs: 1_000, keys: 3 }, { nowMs: () => 0 });
    for (const key of ['a', 'b', 'c', 'd']) limit.note(key);
    expect(['a', 'b', 'c', 'd'].map((key) => limit.isBlocked(key))).toEqual([false, true, true, true]);
  });

  it('opens again when the clock was set back: a block must not last longer than its window', () => {
    let nowMs = 10_000;
    const limit = new AttemptLimit({ failures: 1, windowMs: 1_000, keys: 3 }, { nowMs: () => nowMs });
    limit.note('a');
    nowMs = 5_000;
    expect(limit.isBlocked('a')).toBe(false);
  });
});
