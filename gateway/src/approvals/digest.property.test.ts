import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Canonical, canonicalDigest } from './canonical.ts';
import { bindingDigest, groundsDigest } from './digest.ts';
import { BINDING, groundsOf, needs } from './testing/approvals-fixture.ts';

const value: fc.Arbitrary<Canonical> = fc.letrec<{ value: Canonical }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, undefined, true, false, '', '1', 1, 's1:', 'l0:'),
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

/** Tells apart what differs in type, value or structure, and nothing else. */
function picture(one: Canonical): string {
  if (one instanceof Uint8Array) return `bytes ${Buffer.from(one).toString('hex')}`;
  if (Array.isArray(one)) return `list ${JSON.stringify(one.map((member: Canonical) => picture(member)))}`;
  if (typeof one === 'object' && one !== null) {
    const members = Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `object ${JSON.stringify(members.map(([key, member]) => [key, picture(member)]))}`;
  }
  return `${one === null ? 'null' : typeof one} ${JSON.stringify(one) ?? ''}`;
}

describe('a canonical digest', () => {
  it('is the same exactly for the same values', () => {
    fc.assert(
      fc.property(value, value, (left, right) => {
        const same = canonicalDigest('x', left) === canonicalDigest('x', right);
        expect(same).toBe(picture(left) === picture(right));
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps apart what plain joining would not, and what it is for', () => {
    const digests = [
      [['a', 'b']],
      [['ab']],
      [['a'], 'b'],
      ['a', ['b']],
      'a\0b',
      '\ud800',
      '\ufffd',
      new Uint8Array([97]),
      'a',
    ].map((one) => canonicalDigest('x', one));
    expect(new Set(digests).size).toBe(digests.length);
    expect(canonicalDigest('x', 'a')).not.toBe(canonicalDigest('y', 'a'));
  });
});

describe('the digest of a binding', () => {
  const base = bindingDigest(BINDING);
  it.each([
    ['issuer', { issuer: 'https://other.example' }],
    ['subject', { subject: 'bob' }],
    ['agent', { agent: 'other-bot' }],
    ['no agent', { agent: undefined }],
    ['chain', { delegation: [{ subject: 'worker' }] }],
    ['run', { run: 'run-2' }],
    ['no run', { run: undefined }],
    ['resource', { resource: 'payroll' }],
    ['protocol', { protocol: 'mysql' }],
    ['account', { account: 'postgres' }],
    ['target', { target: 'postgres' }],
    ['text', { text: `${BINDING.text} ` }],
    ['a value', { parameters: [...BINDING.parameters.slice(0, 1), { type: 'int4', value: '8' }] }],
    ['a type', { parameters: [...BINDING.parameters.slice(0, 1), { type: 'text', value: '7' }] }],
    ['NULL', { parameters: [...BINDING.parameters.slice(0, 1), { type: 'int4', value: null }] }],
    ['the order of values', { parameters: BINDING.parameters.toReversed() }],
    ['search_path', { settings: { ...BINDING.settings, search_path: 'evil, public' } }],
    ['one more setting', { settings: { ...BINDING.settings, time_zone: 'UTC' } }],
    ['an object', { objects: ['16999:public.orders'] }],
  ])('P7: changes with %s', (_, change) => {
    expect(bindingDigest({ ...BINDING, ...change })).not.toBe(base);
  });

  it('does not change with the order of settings and objects', () => {
    const settings = { role: 'app_rw', search_path: 'public' };
    expect(bindingDigest({ ...BINDING, settings })).toBe(base);
    expect(bindingDigest({ ...BINDING, objects: ['b', 'a', 'a'] })).toBe(
      bindingDigest({ ...BINDING, objects: ['a', 'b'] }),
    );
  });
});

describe('the digest of a decision', () => {
  const base = groundsDigest(groundsOf([needs(['dba'])]));

  it('changes with rules and obligations of every kind, and not with the wait or the policy around them', () => {
    const limits = { kind: 'limits', rule: 'writes', rows: 10 } as const;
    for (const other of [
      groundsOf([needs(['dba'], { count: 2 })]),
      groundsOf([needs(['dba'], { withinMs: 1 })]),
      groundsOf([needs(['sre'])]),
      groundsOf([needs(['dba']), limits]),
      groundsOf([needs(['dba'])], { rules: ['other'] }),
    ]) {
      expect(groundsDigest(other)).not.toBe(base);
    }
    expect(groundsDigest(groundsOf([needs(['dba'], { waitMs: 5 })]))).toBe(base);
    expect(groundsDigest(groundsOf([needs(['dba'])], { policy: { hash: 'ee'.repeat(32) } }))).toBe(base);
    expect(groundsDigest(groundsOf([limits, needs(['dba'])]))).toBe(
      groundsDigest(groundsOf([needs(['dba']), limits])),
    );
  });
});
