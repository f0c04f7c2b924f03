import { describe, expect, it } from 'vitest';
import type { DenyDecision } from '../model/decision.ts';
import { DENIAL_MAX_BYTES, denialText } from './denial-text.ts';

const base: DenyDecision = {
  effect: 'deny',
  cause: 'rule',
  rules: ['bounded-writes'],
  subject: 'DELETE on public.orders',
  message: 'Add a WHERE on a key',
  alternatives: ['SELECT on public.*'],
  observed: [],
  policy: { hash: 'ab'.repeat(32) },
};

describe('denialText', () => {
  it('P9: the primary message alone names what, which rule, that retrying is useless and what to do', () => {
    expect(denialText('dec_1', base, { family: 'sql' }).message).toBe(
      'POLICY_DENIED [dec_1] DELETE on public.orders: denied by rule bounded-writes. Add a WHERE on a key. ' +
        'Do not retry this statement. Allowed instead: SELECT on public.*. Request access: quote dec_1 to your administrator.',
    );
  });

  it('P9: stays one line of at most 400 bytes whatever the rule says', () => {
    for (const message of [
      'x'.repeat(3000),
      'ü'.repeat(900),
      '😀'.repeat(500),
      'a\nb\r\u2028c'.repeat(200),
    ]) {
      const text = denialText(
        'dec_1',
        { ...base, message, alternatives: ['y'.repeat(900)] },
        { family: 'sql' },
      ).message;
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(DENIAL_MAX_BYTES);
      expect(text).not.toMatch(/[\n\r\u2028]/);
      expect(text).toContain('POLICY_DENIED [dec_1] DELETE on public.orders');
      expect(text).toContain('Do not retry this statement.');
      expect(text.isWellFormed()).toBe(true);
    }
  });

  it.each([
    ['sql', 'statement'],
    ['shell', 'command'],
    ['http', 'request'],
    ['files', 'request'],
    ['connect', 'request'],
  ])('P9: what is asked by %s is called a %s, also where people were asked', (family, noun) => {
    const asked = { ...base, cause: 'approval', rules: ['r'] } as const;
    const pending = { state: 'pending', id: 'apr_1', remainingMs: 1_000 } as const;
    const refused = { state: 'denied', id: 'apr_1', remainingMs: 0 } as const;
    const text = (denied: DenyDecision): string => denialText('dec_1', denied, { family }).message;
    expect(text(base)).toContain(`Do not retry this ${noun}.`);
    expect(text({ ...asked, approval: pending })).toContain(`Run exactly the same ${noun} again`);
    expect(text({ ...asked, approval: refused })).toContain(`Do not retry this ${noun}.`);
  });

  it('keeps the guidance when the subject is overlong', () => {
    const text = denialText(
      'dec_1',
      { ...base, subject: 'SELECT on '.padEnd(2000, 'z') },
      { family: 'sql' },
    ).message;
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(DENIAL_MAX_BYTES);
    expect(text).toContain('Do not retry this statement.');
  });
});
