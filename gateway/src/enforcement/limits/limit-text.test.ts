import { describe, expect, it } from 'vitest';
import type { PermitDecision } from '../../model/decision.ts';
import { DENIAL_MAX_BYTES, denialText } from '../denial-text.ts';
import { denyOverLimit } from './limit-denial.ts';
import { limitText } from './limit-text.ts';
import { accessOf } from './testing/access.ts';

const permit: PermitDecision = {
  effect: 'permit',
  rules: ['r'],
  obligations: [],
  observed: [],
  policy: { hash: 'ab'.repeat(32) },
};

describe('what an agent reads when a limit is met', () => {
  it('P9: a cut result says what it got, why, and what to write instead', () => {
    const text = limitText('dec_1', { limit: 'rows', rule: 'analytics-read', allowed: 5000 }, false);
    expect(text).toMatchObject({ code: 'SPL01', hint: expect.stringContaining('Add LIMIT 5000') });
    expect(text.message).toBe(
      'LIMIT_EXCEEDED [dec_1] the result was cut at 5000 rows, the most that is allowed by rule analytics-read. ' +
        'The rows before are good, the rest is missing. Do not retry it unchanged. ' +
        'Add LIMIT 5000, aggregate, or read page by page on a key.',
    );
  });

  it('P9: a statement that took too long has a code of its own, and a write a warning', () => {
    const late = limitText('dec_1', { limit: 'timeoutMs', rule: 'r', allowed: 15_000 }, true);
    expect(late.code).toBe('SPL02');
    expect(late.message).toContain('cancelled after 15 s');
    expect(late.message).toContain('its effect may have been kept');
    expect(limitText('d', { limit: 'bytes', rule: 'r', allowed: 10 * 1024 * 1024 }, false).message).toContain(
      'cut at 10 MiB',
    );
  });

  it('P9: a change that was undone is told with its number, and nobody says that it may have been kept', () => {
    const text = limitText('dec_1', { limit: 'affectedRows', rule: 'r', allowed: 1, changed: 4211 }, true);
    expect(text.code).toBe('SPL03');
    expect(text.message).toBe(
      'LIMIT_EXCEEDED [dec_1] it would change 4211 rows, and at most 1 row may be changed at once by rule r. ' +
        'It was rolled back: nothing is changed. Do not retry it unchanged. ' +
        'Narrow its WHERE, or ask for access to change more.',
    );
  });

  it('P9: stays one line of at most 400 bytes with the longest rule', () => {
    for (const limit of ['rows', 'bytes', 'timeoutMs', 'affectedRows'] as const) {
      const exceeded = { limit, rule: 'r'.repeat(500), allowed: 1e9, changed: 2e9 };
      const text = limitText('dec_0123456789abcdef_zz', exceeded, true);
      expect(Buffer.byteLength(text.message)).toBeLessThanOrEqual(DENIAL_MAX_BYTES);
    }
  });

  it('P9: a used-up limit is a denial that says when to come back', () => {
    const denied = denyOverLimit(permit, accessOf(), {
      limit: 'statementsPerMinute',
      rule: 'r',
      allowed: 100,
      used: 100,
      retryAfterMs: 11_001,
    });
    expect(denialText('dec_1', denied, { family: 'sql' }).message).toBe(
      'POLICY_DENIED [dec_1] SELECT on public.orders: the limit of rule r is used up. ' +
        'At most 100 statements a minute, 100 were sent; wait 12 s. ' +
        'Do not retry before 12 s have passed. Request access: quote dec_1 to your administrator.',
    );
  });

  it.each([
    ['sql', 'At most 9 statements a minute, 9 were sent'],
    ['shell', 'At most 9 commands a minute, 9 were sent'],
    ['http', 'At most 9 requests a minute, 9 were sent'],
  ])('P9: counts what was sent by the word of its family: %s', (family, sentence) => {
    const denied = denyOverLimit(permit, accessOf({ family }), {
      limit: 'statementsPerMinute',
      rule: 'r',
      allowed: 9,
      used: 9,
      retryAfterMs: 1000,
    });
    expect(denialText('dec_1', denied, { family }).message).toContain(sentence);
  });

  it.each([
    [
      { allowed: 3, used: 2, asked: 20 },
      'At most 3 statements a minute, and this text has 20; send fewer at once.',
    ],
    [
      { allowed: 5, used: 4, asked: 2, retryAfterMs: 3_000 },
      'At most 5 statements a minute, 4 were sent and this text has 2; wait 3 s.',
    ],
    [{ allowed: 0, used: 0, asked: 2 }, 'It permits no statement at all.'],
  ])('P9: words a text of several statements: %o', (counts, sentence) => {
    const denied = denyOverLimit(permit, accessOf(), { limit: 'statementsPerMinute', rule: 'r', ...counts });
    expect(denialText('dec_1', denied, { family: 'sql' }).message).toContain(sentence);
  });

  it.each([
    ['distinctTables', 'A run may touch 3 distinct tables, and touched 2 before; use only those.'],
    ['sessions', 'At most 3 sessions at once, 2 are open; close one and use it again.'],
    ['capacity', 'The gateway counts for as many runs as it can at once, so it takes no further one now.'],
  ] as const)('P9: words %s, and that retrying is useless where time does not help', (limit, sentence) => {
    const denied = denyOverLimit(permit, accessOf(), { limit, rule: 'r', allowed: 3, used: 2 });
    expect(denialText('dec_1', denied, { family: 'sql' }).message).toContain(sentence);
    expect(denialText('dec_1', denied, { family: 'sql' }).message).toContain('Do not retry this statement.');
  });
});
