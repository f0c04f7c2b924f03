import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileQualifiedName, parseQualifiedName } from '../names/qualified-name.ts';
import { compileDimension, createNameCache } from './dimension.ts';

const part = fc.constantFrom('a', 'b', 'a*', '*', '"A"', '"*"', '"a.b"');
const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
const names = fc.array(name, { minLength: 1, maxLength: 5 });

describe('looking literal names up', () => {
  it.each(['allow', 'deny'] as const)('gives what comparing each pattern gives, for an %s rule', (effect) => {
    fc.assert(
      fc.property(names, fc.oneof(name, fc.constantFrom('"', 'a..b')), (patterns, value) => {
        const dimension = { match: { by: 'qualified-name' }, description: '' } as const;
        const rule = { patterns, effect, names: createNameCache(10) };
        const compiled = compileDimension('tables', dimension, rule);
        const atom = { label: '', values: { tables: [value] } };
        const parsed = parseQualifiedName(value);
        const expected = patterns.some((text) => {
          const pattern = compileQualifiedName(text);
          return effect === 'allow' ? pattern?.covers(parsed) : pattern?.hits(parsed);
        });
        expect('matches' in compiled && compiled.matches(atom)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});
