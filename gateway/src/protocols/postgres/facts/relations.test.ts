import { describe, expect, it } from 'vitest';
import { ServerCatalog } from '../upstream/catalog/server-catalog.ts';
import { toKnownRelations } from './relations.ts';

const catalog = new ServerCatalog([
  [
    'relation',
    1,
    'app',
    'people',
    'r',
    false,
    [
      [1, 'id', 23, false],
      [2, 'E-Mail', 25, false],
      [3, 'low', 25, true],
    ],
  ],
  ['relation', 2, 'app', 'v', 'v', false, [[1, 'x', 25, false]]],
  ['relation', 3, 'app', 'w', 'v', false, [[1, 'x', 25, false]]],
  [
    'relation',
    4,
    'app',
    'part',
    'r',
    true,
    [
      [1, 'id', 23, false],
      [2, 'E-Mail', 25, false],
    ],
  ],
  ['parent', 4, 1],
  ['reads', 2, 1, 2, 'app', 'people'],
  ['calls', 3],
  ['generated', 1, 3, 2],
  ['key', 1, 1, [1, 2]],
]);
const known = toKnownRelations(catalog);

describe('relations as statements are judged by them', () => {
  it('P5: views carry columns, and may carry anything where they call functions', () => {
    expect(known.relation('app.v')).toMatchObject({
      kind: 'view',
      carries: ['app.people."E-Mail"', 'app.part."E-Mail"'],
    });
    expect(known.relation('app.w')).toMatchObject({ carries: ['*'] });
  });

  it('P5: a generated column is told with what it is made of', () => {
    expect(known.relation('app.people')).toMatchObject({
      kind: 'table',
      carries: [],
      generated: { low: ['app.people."E-Mail"'] },
    });
  });

  it('P5: partitions and what they are parts of go by each other’s names', () => {
    expect(known.relation('app.part')).toMatchObject({ kind: 'partition', parents: ['app.people'] });
    expect(known.relation('app.people')).toMatchObject({ parents: ['app.part'] });
  });

  it('columns and keys are told, and nothing of what there is not', () => {
    expect(known.columns('app.people')).toEqual(['id', 'E-Mail', 'low']);
    expect(known.keys('app.people')).toEqual([['id']]);
    expect([known.relation('app.nothing'), known.columns('nothing'), known.keys('"')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
