import { describe, expect, it } from 'vitest';
import type { FactsFamily } from '../model/facts.ts';
import { compilePolicy } from './compile.ts';
import { compileDimension, createNameCache } from './dimension.ts';
import { atom, compileText, requestOf, statement, storeFamily } from './testing/store-family.ts';

const family: FactsFamily = {
  ...storeFamily,
  dimensions: { ...storeFamily.dimensions, detect: { match: { by: 'detector' }, description: 'Content.' } },
};
const options = { families: [family], detectors: ['email', 'private-key'] };
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: all, effect: allow, on: store, match: { kinds: [READ] } }
  - { id: keys, effect: deny, on: store, match: { detect: [private-key] }, message: keep it }
`;

describe('content in facts', () => {
  it('P3: is denied by a rule that names a detector which found something, alone or beside others', () => {
    const { engine } = compileText(POLICY, options);
    const effect = (...detect: string[]): string =>
      engine.decide(requestOf([statement([atom('READ', 'a.t', { detect })])])).effect;
    expect(effect()).toBe('permit');
    expect(effect('email')).toBe('permit');
    expect(effect('private-key')).toBe('deny');
    expect(effect('email', 'private-key')).toBe('deny');
    // What could not be looked through may hold anything.
    expect(effect('*')).toBe('deny');
  });

  it('P3: a detector that there is not, and a rule that would allow by content, are errors', () => {
    const wrong = POLICY.replace('[private-key]', '[privat-key]').replace(
      '{ kinds: [READ] }',
      '{ kinds: [READ], detect: [email] }',
    );
    const files = [{ path: 'policy.yaml', text: wrong }];
    const compiled = compilePolicy(files, { ...options, presets: [], version: { hash: 'x' } });
    const errors = compiled.ok ? [] : compiled.errors;
    expect(errors.map(({ code }) => code)).toEqual(['ERR_POLICY_CONTRADICTION', 'ERR_POLICY_UNKNOWN_NAME']);
    expect(errors[1]?.message).toContain('private-key');
  });
});

describe('a glob whose denials ignore case', () => {
  it('P3: hits every spelling, and an allow by it only its own', () => {
    const dimension = { match: { by: 'glob', denyIgnoresCase: true }, description: '' } as const;
    const matches = (effect: 'allow' | 'deny', value: string): boolean => {
      const rule = { patterns: ['MyPl*'], effect, names: createNameCache(10) };
      const compiled = compileDimension('channels', dimension, rule);
      if ('unreadable' in compiled) throw new Error('unreadable');
      return compiled.matches({ label: '', values: { channels: [value] } });
    };
    expect(['MyPlug', 'MYPLUG', 'myplug', 'plug', '*'].map((value) => matches('deny', value))).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
    expect(['MyPlug', 'MYPLUG', 'myplug', '*'].map((value) => matches('allow', value))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
