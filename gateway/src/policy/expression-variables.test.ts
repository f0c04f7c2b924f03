import { describe, expect, it } from 'vitest';
import { atom, compileText, requestOf, statement } from './testing/store-family.ts';

function causeOf(when: string, effect: 'allow' | 'deny'): string {
  const { engine } = compileText(`
apiVersion: sallyport.dev/v1
rules:
  - { id: all, effect: allow, on: store, match: { kinds: [READ] } ${effect === 'allow' ? `, when: '${when}'` : ''} }
  ${effect === 'deny' ? `- { id: none, effect: deny, on: store, match: { kinds: [READ] }, when: '${when}' }` : ''}
`);
  const facts = { ...statement([atom('READ')], { attributes: { text: 'x' } }), unknown: ['body'] };
  const decision = engine.decide(requestOf([facts]));
  return decision.effect === 'permit' ? 'permit' : decision.cause;
}

describe('P3: an attribute of which nothing is known', () => {
  it.each([
    'store.body.amount > 100',
    'has(store.body)',
    '!has(store.body)',
    'has(store.body.amount)',
    'store.body == null',
    'has(store.body) && store.body.amount > 100',
    '"admin" in store.body',
    'store.body.all(name, name == "a")',
  ])('ends %s with an error, in an allow and in a deny', (when) => {
    expect(causeOf(when, 'allow')).toBe('error');
    expect(causeOf(when, 'deny')).toBe('error');
  });

  it('hurts nothing that does not look at it', () => {
    expect(causeOf('store.text == "x"', 'allow')).toBe('permit');
    expect(causeOf('store.text == "y" && has(store.body.admin)', 'deny')).toBe('permit');
  });
});
