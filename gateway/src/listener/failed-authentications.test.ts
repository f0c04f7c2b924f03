import { describe, expect, it } from 'vitest';
import {
  createFailedAuthentications,
  type FailedAuthenticationLimits,
  type FailedAuthentications,
  type ThrottledSummary,
} from './failed-authentications.ts';

interface Bench {
  readonly time: { now: number };
  readonly failures: FailedAuthentications;
  readonly summaries: ThrottledSummary[];
}

function bench(limits: FailedAuthenticationLimits): Bench {
  const time = { now: 1_000_000 };
  const summaries: ThrottledSummary[] = [];
  const failures = createFailedAuthentications({
    limits,
    clock: { nowMs: () => time.now },
    onSummary: (summary) => summaries.push(summary),
  });
  return { time, failures, summaries };
}

const isAdmitted = ({ failures }: Bench, address: string): boolean => {
  try {
    failures.admits(address);
    return true;
  } catch {
    return false;
  }
};

describe('failed authentications', () => {
  it('P10: after so many in a minute an address is refused unheard, and counted in one summary', () => {
    const one = bench({ perMinute: 3 });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(isAdmitted(one, '10.0.0.1')).toBe(true);
      expect(one.failures.failed('10.0.0.1', true)).toBe(true);
    }
    for (let attempt = 0; attempt < 500; attempt += 1) expect(isAdmitted(one, '10.0.0.1')).toBe(false);
    expect(isAdmitted(one, '10.0.0.2')).toBe(true);
    one.failures.flush();
    expect(one.summaries).toEqual([]);
    one.time.now += 60_000;
    expect(isAdmitted(one, '10.0.0.1')).toBe(true);
    one.failures.flush();
    one.failures.flush();
    expect(one.summaries).toEqual([
      { sourceAddress: '10.0.0.1', refused: 500, unrecorded: 0, sinceMs: 1_000_000 },
    ]);
  });

  it('P10: attempts that were let in together and fail together get no more records than one after the other', () => {
    const one = bench({ perMinute: 2 });
    const recorded = Array.from({ length: 10 }, () => one.failures.failed('10.0.0.1', true));
    expect(recorded.filter(Boolean)).toHaveLength(2);
    one.failures.flush(true);
    expect(one.summaries).toMatchObject([{ refused: 0, unrecorded: 8 }]);
  });

  it('P10: one host has one count, whatever address of its /64 it takes, and IPv4 in any form', () => {
    const one = bench({ perMinute: 1 });
    one.failures.failed('2001:db8::1', true);
    expect([isAdmitted(one, '2001:db8::ffff'), isAdmitted(one, '2001:db8:0:1::1')]).toEqual([false, true]);
    one.failures.failed('::ffff:10.0.0.1', true);
    expect(isAdmitted(one, '10.0.0.1')).toBe(false);
  });

  it('P10: more addresses than it follows are heard, but leave no records; nobody is locked out by others', () => {
    const one = bench({ perMinute: 2, addresses: 2 });
    expect(['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((each) => one.failures.failed(each, true))).toEqual([
      true,
      true,
      false,
    ]);
    for (let attempt = 0; attempt < 9; attempt += 1) one.failures.failed('10.0.0.3', true);
    expect(isAdmitted(one, '10.0.0.3')).toBe(true);
    one.failures.flush();
    expect(one.summaries).toMatchObject([{ sourceAddress: '', unrecorded: 10 }]);
    one.time.now += 60_000;
    expect(one.failures.failed('10.0.0.3', true)).toBe(true);
  });

  it('P10: all addresses together have a bounded number of records, and a call of summaries', () => {
    const one = bench({ perMinute: 1, recordsPerMinute: 5 });
    const recorded = Array.from({ length: 500 }, (_, index) =>
      one.failures.failed(`10.0.${index >> 8}.${index & 255}`, true),
    );
    expect(recorded.filter(Boolean)).toHaveLength(5);
    one.time.now += 60_000;
    one.failures.flush();
    expect(one.summaries).toHaveLength(100);
    expect(one.summaries.reduce((sum, { unrecorded }) => sum + unrecorded, 0)).toBe(495);
  });

  it('P10: while the identity provider is away nobody is refused, and the records are bounded', () => {
    const one = bench({ perMinute: 2, recordsPerMinute: 5 });
    const recorded = Array.from({ length: 50 }, () => one.failures.failed('10.0.0.1', false));
    expect(recorded.filter(Boolean)).toHaveLength(5);
    expect(isAdmitted(one, '10.0.0.1')).toBe(true);
    one.failures.flush(true);
    expect(one.summaries).toMatchObject([{ sourceAddress: '', refused: 0, unrecorded: 45 }]);
  });

  it('a clock that is set back locks nobody out', () => {
    const one = bench({ perMinute: 1 });
    one.failures.failed('10.0.0.1', true);
    one.time.now -= 3_600_000;
    expect(isAdmitted(one, '10.0.0.1')).toBe(true);
  });
});
