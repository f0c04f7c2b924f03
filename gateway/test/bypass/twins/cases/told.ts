/** What tells of masked values all the same, as docs/lineage.md says: structures and sizes that depend on them. */

/** Steps that the two databases answer differently, by what the page says. */
export const TOLD: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'keys of partitions': [
    ['SELECT tableoid::regclass, id FROM zones ORDER BY id'],
    ['SELECT id FROM zones_low'],
    ['SELECT count(*) FROM zones_high'],
    ['EXPLAIN SELECT id FROM zones'],
  ],
  'indexes that begin with a masked column': [['SET LOCAL enable_seqscan = off', 'SELECT id FROM halls']],
  'conditions of partial indexes': [["SELECT reltuples FROM pg_class WHERE relname = 'people_rich'"]],
  'keys that masked columns of other tables refer to': [['DELETE FROM lockers WHERE id = 1']],
  sizes: [
    ["SELECT pg_relation_size('bulky')"],
    ["SELECT relpages FROM pg_class WHERE relname = 'bulky'"],
    ['EXPLAIN SELECT id FROM bulky'],
  ],
};
