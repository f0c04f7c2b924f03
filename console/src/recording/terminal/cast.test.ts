import { describe, expect, it } from 'vitest';
import { CastReader, playerTime } from './cast.ts';

const HEADER = '{"version":3,"term":{"cols":80,"rows":24},"timestamp":1,"title":"t"}';

function reader(lines: readonly string[], most?: number): CastReader {
  const made = new CastReader(most);
  for (const line of lines) made.take(line);
  return made;
}

describe('a terminal that is read as it comes', () => {
  it('keeps lines, and marks with the time since the opening', () => {
    const { length, marks, isCut } = reader([
      HEADER,
      '[1.5,"o","a"]',
      '[2,"m","permit by r: ls"]',
      '',
      '[0.5,"m","ok exit 0"]',
    ]).cast();
    expect({ length, isCut }).toEqual({ length: 4, isCut: false });
    expect(marks).toEqual([
      { atSeconds: 3.5, label: 'permit by r: ls' },
      { atSeconds: 4, label: 'ok exit 0' },
    ]);
  });

  it('what comes later does not change what was given out', () => {
    const made = reader([HEADER, '[1,"m","one"]']);
    const before = made.cast();
    made.take('[1,"m","two"]');
    expect([before.length, before.marks.length]).toEqual([2, 1]);
    expect(made.cast().marks).toHaveLength(2);
  });

  it('a sign of life is no output', () => {
    expect(reader([HEADER, '[0,"o",""]', '[0,"o",""]']).length).toBe(1);
  });

  it('keeps no more than it may, and says so', () => {
    const made = reader([HEADER, '[1,"o","a"]'], HEADER.length + 12);
    expect(made.take('[1,"o","b"]')).toBe(false);
    expect(made.take('')).toBe(false);
    expect(made.cast()).toMatchObject({ length: 2, isCut: true });
  });

  it('a line that is none is an error', () => {
    expect(() => new CastReader().take('{"version":')).toThrow(SyntaxError);
  });
});

it('times are minutes and seconds', () => {
  expect([0, 59.9, 61, 3661].map(playerTime)).toEqual(['0:00', '0:59', '1:01', '61:01']);
});
