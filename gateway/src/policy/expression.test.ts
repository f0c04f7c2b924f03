import { describe, expect, it } from 'vitest';
import { createExpressionCompiler, proveStrictness } from './expression.ts';
import { createVariables } from './expression-variables.ts';
import { atom, requestOf, statement, storeFamily } from './testing/store-family.ts';

const compile = createExpressionCompiler(storeFamily);

function problems(source: string): readonly string[] {
  const compiled = compile(source);
  return compiled.ok ? [] : compiled.problems.map(({ message }) => message);
}

function evaluate(source: string, attributes: Readonly<Record<string, never>> | object = {}): unknown {
  const compiled = compile(source);
  if (!compiled.ok) {
    throw new Error(compiled.problems[0]?.message);
  }
  const facts = statement([atom('READ')], { attributes: attributes as never });
  const request = requestOf([facts], { principal: { delegation: [{ subject: 'bot' }] } });
  const result = compiled.evaluate(createVariables(request, storeFamily, facts));
  return typeof result === 'object' ? 'error' : result;
}

describe('a `when` at load', () => {
  it.each([
    ['store.bounde', 'no such key `bounde`; did you mean `bounded`?'],
    ['stor.bounded', 'unknown variable `stor`; did you mean `store`?'],
    ['store.bounded == "x"', 'no such overload: bool == string'],
    ['store.size', '`when` must be a bool, not int'],
    ['store.body', '`when` must be a bool, not dyn'],
    ['store.bounded &&', 'unexpected token: EOF'],
    ['!has(store.bounde)', 'no such key: bounde'],
    ['has(store.bounde.x)', 'no such key: bounde'],
    ["store.text.matches('^(a+)+$')", "`matches()` can take exponential time; use `re(text, 'pattern')`"],
    [
      "store.words.exists(w, w.matches('x'))",
      "`matches()` can take exponential time; use `re(text, 'pattern')`",
    ],
    [
      "cel.bind(x, store.text, x.matches('y'))",
      "`matches()` can take exponential time; use `re(text, 'pattern')`",
    ],
    ['re(store.text, account)', "the pattern of `re(text, 'pattern')` must be a literal"],
    ["re(store.text, 'a' + 'b')", "the pattern of `re(text, 'pattern')` must be a literal"],
    ["re(store.text, '(')", 'the pattern of `re()` is not a valid RE2 expression'],
    ["re(store.text, '(?<=a)b')", '`(?<=` (look-around) is not possible in `re()`: it runs in linear time'],
    [
      'store.words.all(a, store.words.all(b, store.words.all(c, a == c)))',
      'loops are nested too deeply; at most 2',
    ],
  ])('refuses %s', (source, message) => {
    expect(problems(source)).toContain(message);
  });

  it('P10: refuses expressions that are too large or too deep, without failing itself', () => {
    expect(problems(Array(400).fill('store.bounded').join(' && '))).toHaveLength(1);
    expect(problems(`${'('.repeat(5000)}true${')'.repeat(5000)}`)).toHaveLength(1);
    expect(problems(`${'!'.repeat(5000)}true`)).toHaveLength(1);
  });

  it('says where the problem stands', () => {
    const compiled = compile('account == "x" && store.bounde');
    expect(compiled).toMatchObject({ ok: false, problems: [{ start: 24, end: 30 }] });
  });
});

describe('a `when` at work', () => {
  it.each([
    ['store.bounded && principal.subject == "alice"', { bounded: true }, true],
    ['"data-agents" in principal.groups', {}, true],
    ['resource.labels.env == "prod" && resource.protocol == "store"', {}, true],
    ['has(principal.agent) && !has(principal.run)', {}, true],
    ['principal.delegation[0].subject == "bot"', {}, true],
    ['context.sourceAddress.startsWith("10.")', {}, true],
    ['store.size > 2 && store.ratio > 0.5', { size: 3, ratio: 0.75 }, true],
    ["re(store.text, '^a+$')", { text: 'aaa' }, true],
    ["re(store.text, '^(a+)+$')", { text: `${'a'.repeat(50)}!` }, false],
    ['store.words.exists(w, w == "b")', { words: ['a', 'b'] }, true],
    ['store.body.amount <= 100.0', { body: { amount: 99.5 } }, true],
  ])('%s', (source, attributes, expected) => {
    expect(evaluate(source, attributes)).toBe(expected);
  });

  it.each([
    ['a missing attribute', 'store.bounded', {}],
    ['an attribute of the wrong type', 'store.bounded', { bounded: 'yes' }],
    ['an int that is not whole', 'store.size > 1', { size: 1.5 }],
    ['a missing label', 'resource.labels.tier == "x"', {}],
    ['a missing key in a body', 'store.body.amount <= 100.0', { body: {} }],
    ['text against a number', 'store.body.amount <= 100.0', { body: { amount: '1' } }],
    ['a prototype key in a body', 'store.body.constructor == 1', { body: {} }],
    ['an index out of range', 'store.words[5] == "x"', { words: [] }],
    ['division by zero', 'store.size / 0 == 1', { size: 1 }],
  ])('P3: fails on %s', (_, source, attributes) => {
    expect(evaluate(source, attributes)).toBe('error');
  });

  it.each([
    'store.body.x == 1 || true',
    '!(store.body.x == 1 && false)',
    '(store.body.x == 1 || store.bounded) || true',
    'store.words.exists(w, w == "b" || store.body.x == 1)',
    '!store.words.all(w, w == "b" && store.body.x == 1 || store.body.y)',
    'store.words.filter(w, store.body.x == 1 || true).size() >= 0',
    '(store.body.x == 1 || true) ? true : false',
    'cel.bind(v, store.body, v.x == 1 || true)',
  ])('P3: does not absorb the error in %s', (source) => {
    expect(evaluate(source, { bounded: true, body: {}, words: ['a', 'b'] })).toBe('error');
  });

  it('stops at the operand that settles the result, so that `has(x) && x` works', () => {
    expect(evaluate('has(store.body.x) && store.body.x == 1', { body: {} })).toBe(false);
    expect(evaluate('!has(store.body.x) || store.body.x == 1', { body: {} })).toBe(true);
    expect(
      evaluate('store.words.exists(w, w == "a" || store.body.x == 1)', { words: ['a', 'b'], body: {} }),
    ).toBe(true);
  });

  it('rests on a library that is proved to be strict', () => {
    expect(proveStrictness).not.toThrow();
  });
});
