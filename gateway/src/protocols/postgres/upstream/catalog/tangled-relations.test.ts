import { describe, expect, it } from 'vitest';
import type { CatalogRow } from './catalog-rows.ts';
import { ServerCatalog } from './server-catalog.ts';

const TABLE = 1;
const columns: [number, string, number, boolean][] = [
  [1, 'a', 25, false],
  [2, 'b', 25, false],
];

/** Views of two columns, each over those that it is given. */
function catalogOf(views: ReadonlyMap<number, readonly number[]>): ServerCatalog {
  const rows: CatalogRow[] = [['relation', TABLE, 'public', 't1', 'r', false, columns]];
  for (const [view, sources] of views) {
    rows.push(['relation', view, 'public', `v${view}`, 'v', false, columns]);
    for (const source of sources) {
      for (const [number] of columns) rows.push(['reads', view, source, number, 'public', `v${source}`]);
    }
    const [first = TABLE] = sources;
    rows.push([
      'tree',
      view,
      [first],
      columns.map(([number]): [number, number, number] => [1, number, number]),
      columns.map(([number]): [number, number] => [1, number]),
    ]);
  }
  return new ServerCatalog(rows);
}

/** Each over the one before, the first over the table. */
const chain = (length: number): [number, readonly number[]][] =>
  Array.from({ length }, (_, index) => [index + 2, [index === 0 ? TABLE : index + 1]]);

describe('views over views', () => {
  it('P5: what a view shows is followed through 63 others to the table', () => {
    const top = catalogOf(new Map(chain(64))).relation('public', 'v65');
    expect(top?.shows.get('b')).toContainEqual(['public', 't1', 'b']);
    expect(top?.carries).toEqual([]);
    expect(top?.reads).toContainEqual(['public', 't1']);
  });

  it('P5: a view that lies deeper may hand out anything', () => {
    const catalog = catalogOf(new Map(chain(5_000)));
    for (const name of ['v66', 'v5001']) {
      const relation = catalog.relation('public', name);
      expect([relation?.carries, relation?.reads, relation?.shows.size]).toEqual([undefined, undefined, 0]);
    }
    expect(catalog.relation('public', 'v65')?.carries).toEqual([]);
  });

  it.each([
    ['itself', [[2, [2]]]],
    [
      'each other',
      [
        [2, [3]],
        [3, [2]],
      ],
    ],
    [
      'such views',
      [
        [2, [3]],
        [3, [3]],
      ],
    ],
  ] as [string, [number, number[]][]][])(
    'P10: views that read %s end the search, and may hand out anything',
    (_, views) => {
      const catalog = catalogOf(new Map(views));
      for (const [view] of views) {
        expect(catalog.relation('public', `v${view}`)?.carries).toBeUndefined();
        expect(catalog.column(view, 1)).toMatchObject({ names: [['public', `v${view}`, 'a']], shows: [] });
        expect(catalog.column(view, 1)?.carries).toBeUndefined();
      }
    },
  );

  it('P10: views that all read all those before are read once each', () => {
    const layers = Array.from({ length: 40 }, (_, index): [number, readonly number[]] => [
      index + 2,
      Array.from({ length: index + 1 }, (_unused, below) => below + 1),
    ]);
    const top = catalogOf(new Map(layers)).relation('public', 'v41');
    expect(top?.carries).toContainEqual(['public', 't1', 'b']);
  });
});
