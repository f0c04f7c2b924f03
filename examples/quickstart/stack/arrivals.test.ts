import { expect, it } from 'vitest';
import {
  arrivalsIn,
  describeArrivals,
  describeCommands,
  describeRequests,
  withoutPreviews,
} from './arrivals.ts';

const LOG = `2026-11-27 01:19:47.311 UTC [1] LOG:  statement: SELECT 1 FROM pg_class c
	WHERE c.oid OPERATOR(pg_catalog.=) 1
2026-11-27 01:19:47.746 UTC [1] LOG:  execute <unnamed>: SELECT t.id
	FROM customers c
2026-11-27 01:19:47.746 UTC [1] DETAIL:  Parameters: $1 = 'Berlin'
2026-11-27 01:19:51.103 UTC [1] ERROR:  syntax error at or near "sallyport_refused" at character 1
2026-11-27 01:19:51.103 UTC [1] STATEMENT:  sallyport_refused dec_1
2026-11-27 01:19:52.101 UTC [2] LOG:  statement: BEGIN READ ONLY
2026-11-27 01:19:52.102 UTC [2] LOG:  execute <unnamed>: EXPLAIN (FORMAT JSON) DELETE FROM support_tickets
2026-11-27 01:19:52.103 UTC [2] LOG:  statement: ROLLBACK
2026-11-27 01:19:53.117 UTC [1] LOG:  statement: DELETE FROM support_tickets
`;

it('finds what arrived, with its values, and leaves out what the gateway asks by itself', () => {
  expect(arrivalsIn(LOG)).toEqual([
    { text: 'SELECT t.id FROM customers c', values: "$1 = 'Berlin'" },
    { text: 'EXPLAIN (FORMAT JSON) DELETE FROM support_tickets' },
    { text: 'DELETE FROM support_tickets' },
  ]);
  expect(describeArrivals(arrivalsIn(LOG)).split('\n')).toEqual([
    "PostgreSQL's own log has all that reached it from the agent:",
    "  SELECT t.id FROM customers c     $1 = 'Berlin'",
    '  EXPLAIN (FORMAT JSON) DELETE FROM support_tickets     (the gateway, for who approves)',
    '  DELETE FROM support_tickets',
  ]);
  expect(withoutPreviews(LOG)).not.toContain('EXPLAIN');
  expect(withoutPreviews(LOG)).toContain('statement: DELETE');
});

it('lists what the service has received, each on its line', () => {
  expect(describeRequests(['GET /customers/7', `POST /graphql  ${'x'.repeat(90)}`]).split('\n')).toEqual([
    'The service has received from the gateway:',
    '  GET /customers/7',
    `  POST /graphql  ${'x'.repeat(54)}…`,
  ]);
});

it('lists what the machine has run', () => {
  expect(describeCommands(["'ls' 'releases'"])).toBe(
    "The machine has run for the gateway:\n  'ls' 'releases'",
  );
});
