/** What must run under the restrictive policy: false alarms teach people to switch a gateway off. */

/** Statements that rules on text refuse for their looks (hoop 5a row 14 and its kin). */
export const LOOKS_BAD: readonly string[] = [
  'DELETE FROM companies\nWHERE id=1',
  'DELETE\nFROM companies\n-- all of them? no:\nWHERE id = 2',
  '/* cleanup */ DELETE FROM companies WHERE id = 3 RETURNING id, name',
  "SELECT 'DROP TABLE companies; DELETE FROM companies; --' AS text",
  "SELECT $x$'; DROP TABLE companies; --$x$",
  "SELECT E'it\\'s; TRUNCATE companies'",
  "SELECT U&'\\0044ROP TABLE companies'",
  'SELECT 1 /* DROP TABLE companies /* nested */ */',
  'SELECT name AS "delete", email AS "drop table" FROM customers WHERE id = 1',
  "INSERT INTO support_messages (body) VALUES ('please do not drop table customers; delete from companies')",
  "UPDATE orders SET status = 'WHERE 1=1' WHERE id = 1",
  'WITH gone AS (DELETE FROM companies WHERE id = 4 RETURNING id) SELECT count(*) FROM gone',
  "WITH moved AS (UPDATE orders SET status = 'paid' WHERE id = 2 RETURNING id), added AS (INSERT INTO support_messages (body) SELECT 'order ' || id FROM moved) SELECT id FROM moved",
  "INSERT INTO companies (id, name) VALUES (1, 'a'), (77, 'b') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
  "INSERT INTO companies VALUES (1, 'a') ON CONFLICT DO NOTHING",
  "MERGE INTO companies c USING (VALUES (1, 'x')) AS s (id, name) ON c.id = s.id WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.name)",
  'EXPLAIN DELETE FROM companies WHERE id = 1',
  'EXPLAIN (ANALYZE, BUFFERS) SELECT id FROM orders WHERE total > 100',
  "EXPLAIN ANALYZE UPDATE orders SET status = 'x' WHERE id = 1",
  'DELETE FROM orders USING customers c WHERE orders.customer_id = c.id AND c.id = 19',
  'SELECT id FROM orders WHERE id = 1 FOR UPDATE',
  'SELECT id FROM orders WHERE id = 1 FOR UPDATE SKIP LOCKED',
  'SELECT order_total(3)',
  'SELECT id, order_total(id) FROM orders WHERE id < 5',
];

/** Ordinary SQL with everything in it that drivers, query builders and analysts use. */
export const ORDINARY: readonly string[] = [
  'SELECT 1',
  ';',
  '-- nothing at all',
  'VALUES (1, 2), (3, 4)',
  'SELECT version(), current_database(), current_user, now(), gen_random_uuid() IS NOT NULL',
  'SELECT id, name, email FROM customers ORDER BY name DESC NULLS LAST LIMIT 5 OFFSET 2',
  'SELECT c.name, o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.total > 50',
  'SELECT c.name, t.total FROM customers c LEFT JOIN analytics.order_totals t ON t.customer_id = c.id',
  'SELECT count(*), sum(total), avg(total)::numeric(10, 2), max(total) FROM orders GROUP BY status HAVING count(*) > 1',
  'SELECT id, row_number() OVER (PARTITION BY customer_id ORDER BY total DESC) FROM orders',
  'SELECT o.id, l.n FROM orders o CROSS JOIN LATERAL (SELECT o.total * 2 AS n) l WHERE o.id = 1',
  'SELECT * FROM generate_series(1, 3) AS g(n) WHERE n IN (SELECT id FROM orders)',
  'WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) FROM t',
  "SELECT jsonb_build_object('id', id, 'total', total)->>'id' FROM orders WHERE id = 1",
  'SELECT to_json(o) FROM orders o WHERE id = 1',
  "SELECT string_agg(name, ', ' ORDER BY id) FILTER (WHERE id < 3) FROM companies",
  "SELECT name FROM companies WHERE name ILIKE 'comp%' AND id = ANY (ARRAY[1, 2, 3])",
  'SELECT CASE WHEN total > 100 THEN 1 ELSE 0 END, coalesce(status, $$x$$) FROM orders WHERE id = 1',
  "SELECT extract(year FROM now()), date_trunc('month', now()), interval '1 day' * 2",
  'SELECT DISTINCT ON (customer_id) customer_id, id FROM orders ORDER BY customer_id, id',
  '(SELECT id FROM orders) UNION (SELECT id FROM companies) ORDER BY 1',
  'TABLE companies',
  'SELECT orders.* FROM orders, companies WHERE orders.id = companies.id',
  'SELECT (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) FROM customers c',
  "INSERT INTO orders (id, customer_id, status, total) VALUES (900, 1, 'new', 5) RETURNING *",
  'INSERT INTO orders (id, customer_id) SELECT 901, id FROM customers WHERE id = 1',
  "UPDATE orders SET (status, total) = ('paid', total + 1) WHERE id BETWEEN 1 AND 3",
  "SELECT 1; SELECT 2; SELECT 'three'",
  'COPY (SELECT 1) TO STDOUT',
  'COPY orders (id, total) TO STDOUT (FORMAT csv, HEADER)',
];

/** What drivers and tools send by themselves, one conversation a line. */
export const PREAMBLES: readonly (readonly string[])[] = [
  // pgjdbc
  [
    'SET extra_float_digits = 3',
    "SET application_name = 'PostgreSQL JDBC Driver'",
    'SHOW TRANSACTION ISOLATION LEVEL',
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
  ],
  // psycopg and SQLAlchemy
  [
    'BEGIN',
    'select pg_catalog.version()',
    'select current_schema()',
    'show standard_conforming_strings',
    'ROLLBACK',
  ],
  [
    "SET client_encoding TO 'UTF8'",
    'SET standard_conforming_strings = on',
    "SET TIME ZONE 'UTC'",
    "SET datestyle TO 'ISO'",
  ],
  // postgres.js
  [
    "select b.oid, b.typarray from pg_catalog.pg_type a left join pg_catalog.pg_type b on b.oid = a.typelem where a.typcategory = 'A' group by b.oid, b.typarray order by b.oid",
  ],
  // node-postgres pools, PgBouncer, Npgsql
  ['DISCARD ALL'],
  ['RESET ALL', 'CLOSE ALL', 'UNLISTEN *', 'SELECT pg_advisory_unlock_all()'],
  // TypeORM, Knex
  [
    'SELECT * FROM current_schema()',
    'SHOW server_version',
    'SHOW ALL',
    "SELECT current_setting('server_version_num')",
    'select version()',
    'SELECT table_name FROM information_schema.tables',
  ],
  // Metabase, DataGrip
  [
    `with table_privileges as (select t.schemaname as schema, t.objectname as table,
       pg_catalog.has_any_column_privilege(current_user, '"' || t.schemaname || '"' || '.' || '"' || t.objectname || '"', 'select') as select
      from (select schemaname, tablename as objectname from pg_catalog.pg_tables
            union select schemaname, viewname as objectname from pg_catalog.pg_views
            union select schemaname, matviewname as objectname from pg_catalog.pg_matviews) t
      where t.schemaname !~ '^pg_' and t.schemaname <> 'information_schema' and pg_catalog.has_schema_privilege(current_user, t.schemaname, 'usage'))
     select t.* from table_privileges t`,
    'select usesuper from pg_user where usename = current_user',
    'select sequencename, start_value from pg_sequences',
  ],
  // psql \d
  [
    "SELECT n.nspname, c.relname, pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v') AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1, 2",
  ],
  [
    "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) FROM pg_catalog.pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef) FROM pg_catalog.pg_attribute a WHERE a.attrelid = 'orders'::regclass AND a.attnum > 0",
  ],
  // transactions as ORMs write them
  [
    'START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY',
    'SELECT id FROM orders',
    'SAVEPOINT a',
    'ROLLBACK TO SAVEPOINT a',
    'RELEASE SAVEPOINT a',
    'COMMIT',
  ],
  [
    'BEGIN',
    'SET LOCAL statement_timeout = 5000',
    "SET LOCAL lock_timeout TO '1s'",
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    'END',
  ],
  // cursors and prepared statements in SQL
  [
    'BEGIN',
    'DECLARE c SCROLL CURSOR FOR SELECT id FROM orders ORDER BY id',
    'FETCH 2 FROM c',
    'FETCH BACKWARD 1 FROM c',
    'MOVE FORWARD 3 IN c',
    'CLOSE c',
    'COMMIT',
  ],
  [
    'PREPARE q (int) AS SELECT name FROM companies WHERE id = $1',
    'EXECUTE q(1)',
    'EXPLAIN EXECUTE q(2)',
    'DEALLOCATE q',
    'DEALLOCATE ALL',
  ],
];
