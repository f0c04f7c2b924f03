import { describe, expect, it } from 'vitest';
import { parseRoutines } from './server-routines.ts';

const entry = (kind: string, name: string): unknown => [kind, 'public', name, null];

describe('what the server tells of its functions', () => {
  it('is nothing where it found nothing', () => {
    const { functions, operators, rowFunctions, columns, tooMany } = parseRoutines(undefined);
    expect([functions.size, operators.size, rowFunctions.size, columns.size]).toEqual([0, 0, 0, 0]);
    expect(tooMany).toEqual({ functions: false, operators: false, rowFunctions: false, added: false });
  });

  it('is read by kind and name, with all schemas', () => {
    const text = JSON.stringify([
      entry('function', 'lower'),
      ['function', 'app', 'lower', null],
      entry('operator', '+'),
      entry('row', 'full_name'),
      ['column', 'app', 'staff', 'full_name'],
    ]);
    const routines = parseRoutines(text);
    expect(routines.functions.get('lower')).toEqual(['app', 'public']);
    expect(routines.operators.get('+')).toEqual(['public']);
    expect(routines.rowFunctions.get('full_name')).toEqual(['public']);
    expect([...routines.columns]).toEqual(['app\0staff\0full_name']);
  });

  it('P3: counts as anything where there is more of a kind than is asked for', () => {
    const many = Array.from({ length: 251 }, (_, index) => entry('row', `f${index}`));
    expect(parseRoutines(JSON.stringify(many)).tooMany).toEqual({
      functions: false,
      operators: false,
      rowFunctions: true,
      added: false,
    });
  });

  it.each([
    '',
    '{}',
    '[1]',
    '[["row", "public", "f"]]',
    '[["row", "public", 1, null]]',
    '[["row", "a", "b", 1]]',
  ])('P10: is refused in another form: %s', (text) => {
    expect(() => parseRoutines(text)).toThrow(expect.objectContaining({ code: 'ERR_UPSTREAM_PROTOCOL' }));
  });
});
