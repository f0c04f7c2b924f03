/** What applications, reports and agents ask a shop: written without a thought of masks, none of it about a masked value. */

/** Tables of the shop; `variant` is in every value that is masked. */
export function shop(variant: string): string {
  return `
CREATE TABLE customers (id int PRIMARY KEY, name text, email text UNIQUE, phone text, country text, created_at timestamptz DEFAULT '2024-01-01', tags text[]);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, status text, total numeric(10,2), placed_at timestamptz DEFAULT '2024-01-01', meta jsonb);
CREATE TABLE items (order_id int REFERENCES orders, sku text, qty int, price numeric(10,2), PRIMARY KEY (order_id, sku));
CREATE TABLE staff (id int PRIMARY KEY, name text, team text, salary int, boss int REFERENCES staff, hired date);
CREATE VIEW active_customers AS SELECT c.id, c.name, c.email, c.country FROM customers c WHERE c.country IS NOT NULL;
CREATE VIEW order_totals AS SELECT o.id, o.status, o.total, c.name AS customer FROM orders o JOIN customers c ON c.id = o.customer_id;
INSERT INTO customers SELECT g, 'c' || g, 'canary-${variant}-' || g || '@x.y', '+49' || length('${variant}') || g, CASE g % 2 WHEN 0 THEN 'DE' ELSE 'FR' END FROM generate_series(1, 9) g;
INSERT INTO orders SELECT g, 1 + g % 9, CASE g % 3 WHEN 0 THEN 'open' ELSE 'paid' END, g * 1.5, '2024-01-01'::timestamptz + g * interval '1 day', '{"channel": "web"}' FROM generate_series(1, 40) g;
INSERT INTO items SELECT g, 's' || g % 5, g % 4 + 1, g * 0.5 FROM generate_series(1, 40) g;
INSERT INTO staff SELECT g, 's' || g, 't' || g % 3, 1000 * g + ascii('${variant}'), NULLIF(g / 2, 0), '2020-01-01'::date + g FROM generate_series(1, 9) g;
`;
}

/** One by one what they are sent as; parameters written out. */
export const ORDINARY: readonly string[] = [
  // Object-relational mappers: all columns, by key, paged, counted, joined, with aliases for each column
  'SELECT "customers".* FROM "customers" WHERE "customers"."id" = 1 LIMIT 1',
  'SELECT "t0"."id", "t0"."name", "t0"."email", "t0"."country" FROM "public"."customers" AS "t0" WHERE ("t0"."country" = \'DE\' AND 1=1) ORDER BY "t0"."id" ASC LIMIT 20 OFFSET 0',
  'SELECT COUNT(*) FROM (SELECT "public"."customers"."id" FROM "public"."customers" WHERE 1=1 OFFSET 0) AS "sub"',
  'SELECT c.id AS c_id, c.name AS c_name, c.email AS c_email, o.id AS o_id, o.total AS o_total FROM customers c LEFT OUTER JOIN orders o ON c.id = o.customer_id WHERE c.id IN (1, 2, 3)',
  'SELECT DISTINCT "c"."id" AS "ids_c_id", "c"."name" FROM "customers" "c" LEFT JOIN "orders" "o" ON "o"."customer_id"="c"."id" ORDER BY "c"."name" ASC, "c"."id" ASC LIMIT 10',
  'SELECT 1 AS one FROM "customers" WHERE "customers"."id" = 7 LIMIT 1',
  'SELECT EXISTS(SELECT 1 FROM orders WHERE customer_id = 1)',
  'INSERT INTO "customers" ("id", "name", "email") VALUES (100, \'n\', \'n@x.y\') RETURNING "id"',
  'INSERT INTO "customers" ("id", "name", "email") VALUES (101, \'n\', \'m@x.y\') RETURNING *',
  "INSERT INTO orders (id, customer_id, status) VALUES (900, 1, 'open'), (901, 2, 'open') ON CONFLICT (id) DO UPDATE SET status = excluded.status RETURNING id, status",
  'UPDATE "customers" SET "email" = \'new@x.y\', "name" = \'N\' WHERE "customers"."id" = 3',
  "UPDATE orders SET status = 'paid', total = total + 1 WHERE id = 5 RETURNING *",
  'DELETE FROM items WHERE order_id = 3',
  'SELECT c.*, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS orders_count FROM customers c ORDER BY c.id',
  'SELECT o.*, row_to_json(c) AS customer FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id LIMIT 5',
  "SELECT * FROM orders WHERE status = ANY (ARRAY['open', 'paid']) ORDER BY placed_at DESC, id LIMIT 25",
  'SELECT id, name, email FROM customers WHERE (id) > (3) ORDER BY id FETCH FIRST 3 ROWS ONLY',
  "SELECT * FROM customers WHERE name ILIKE '%c1%' ORDER BY name",
  'SELECT a.id, a.name, b.name AS boss FROM staff a LEFT JOIN staff b ON a.boss = b.id ORDER BY a.id',
  'SELECT id FROM customers FOR UPDATE SKIP LOCKED',
  'SELECT "s"."id", "s"."name", COALESCE("s"."team", \'none\') AS "team" FROM "staff" "s" WHERE NOT ("s"."team" = \'t9\')',
  "SELECT c.id, coalesce(json_agg(json_build_object('id', o.id, 'total', o.total)) FILTER (WHERE o.id IS NOT NULL), '[]') AS orders FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY c.id",
  "SELECT customers.id, customers.email, customers.phone FROM customers WHERE customers.created_at >= now() - interval '7 days'",
  'SELECT * FROM (SELECT c.*, row_number() OVER (PARTITION BY country ORDER BY id) AS rn FROM customers c) x WHERE rn <= 2',
  'SELECT version()',
  'SELECT current_database(), current_schema()',
  "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
  "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'customers' ORDER BY ordinal_position",
  // Reports
  'SELECT country, count(*) FROM customers GROUP BY country ORDER BY 2 DESC',
  "SELECT date_trunc('month', placed_at) AS month, sum(total) AS revenue, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1",
  'SELECT status, avg(total)::numeric(10,2), min(total), max(total) FROM orders GROUP BY status HAVING count(*) > 2 ORDER BY status',
  "SELECT c.country, sum(o.total) AS revenue FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.placed_at BETWEEN '2024-01-01' AND '2024-12-31' GROUP BY c.country ORDER BY revenue DESC LIMIT 10",
  'SELECT c.name, c.email, sum(o.total) AS revenue FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY revenue DESC, c.id LIMIT 5',
  "WITH monthly AS (SELECT date_trunc('month', placed_at) AS m, sum(total) AS r FROM orders GROUP BY 1) SELECT m, r, r - lag(r) OVER (ORDER BY m) AS change FROM monthly ORDER BY m",
  'WITH ranked AS (SELECT o.id, o.customer_id, o.total, rank() OVER (PARTITION BY o.customer_id ORDER BY o.total DESC) AS r FROM orders o) SELECT c.name, c.email, ranked.total FROM ranked JOIN customers c ON c.id = ranked.customer_id WHERE r = 1 ORDER BY c.id',
  'SELECT sku, sum(qty * price) AS turnover FROM items GROUP BY sku ORDER BY turnover DESC',
  "SELECT count(DISTINCT customer_id) FROM orders WHERE status = 'paid'",
  "SELECT count(*) FILTER (WHERE status = 'open') AS open, count(*) FILTER (WHERE status = 'paid') AS paid FROM orders",
  'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) FROM orders',
  'SELECT extract(dow FROM placed_at) AS dow, count(*) FROM orders GROUP BY 1 ORDER BY 1',
  "SELECT to_char(placed_at, 'YYYY-MM') AS month, count(*) FROM orders GROUP BY 1 ORDER BY 1",
  'SELECT status, count(*), round(100.0 * count(*) / sum(count(*)) OVER (), 2) AS share FROM orders GROUP BY status ORDER BY status',
  "SELECT CASE WHEN total < 10 THEN 'small' WHEN total < 30 THEN 'medium' ELSE 'large' END AS size, count(*) FROM orders GROUP BY 1 ORDER BY 1",
  "SELECT country, string_agg(name, ', ' ORDER BY name) FROM customers GROUP BY country ORDER BY country",
  "SELECT meta ->> 'channel' AS channel, count(*) FROM orders GROUP BY 1",
  "SELECT g.day::date, count(o.id) FROM generate_series('2024-01-01'::timestamptz, '2024-01-10', '1 day') AS g(day) LEFT JOIN orders o ON o.placed_at::date = g.day::date GROUP BY 1 ORDER BY 1",
  'SELECT team, count(*), min(hired), max(hired) FROM staff GROUP BY team ORDER BY team',
  'SELECT team, round(avg(salary)) AS average, count(*) AS n FROM staff GROUP BY team ORDER BY team',
  'SELECT team, max(salary) - min(hired - hired) AS n FROM staff GROUP BY team ORDER BY team',
  'SELECT sum(salary) AS payroll FROM staff',
  'SELECT id, name, salary FROM staff ORDER BY id',
  'WITH RECURSIVE tree AS (SELECT id, name, boss, 1 AS depth FROM staff WHERE boss IS NULL UNION ALL SELECT s.id, s.name, s.boss, t.depth + 1 FROM staff s JOIN tree t ON s.boss = t.id) SELECT * FROM tree ORDER BY depth, id',
  'SELECT * FROM active_customers ORDER BY id',
  'SELECT country, count(*) FROM active_customers GROUP BY country ORDER BY country',
  "SELECT customer, sum(total) FROM order_totals WHERE status = 'paid' GROUP BY customer ORDER BY customer",
  'SELECT id, name FROM customers WHERE id NOT IN (SELECT customer_id FROM orders WHERE customer_id IS NOT NULL) ORDER BY id',
  'SELECT name FROM customers UNION SELECT name FROM staff ORDER BY 1',
  "SELECT id, name, email FROM customers WHERE country = 'DE' UNION ALL SELECT id, name, NULL FROM staff ORDER BY 1, 2",
  'SELECT o.id, o.total, avg(o.total) OVER (ORDER BY o.id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving FROM orders o ORDER BY o.id',
  'SELECT ntile(4) OVER (ORDER BY total) AS quartile, id FROM orders ORDER BY id',
  'SELECT GROUPING(status), status, count(*) FROM orders GROUP BY ROLLUP (status) ORDER BY 1, 2',
  'SELECT count(*) AS customers, count(email) AS with_email, count(phone) AS with_phone FROM customers',
  'SELECT id, lower(email) AS email, upper(country) AS country FROM customers ORDER BY id',
  "SELECT id, split_part(email, '@', 2) AS domain FROM customers ORDER BY id",
  "SELECT c.id, c.name || ' <' || c.email || '>' AS address FROM customers c ORDER BY c.id",
  'SELECT id, left(phone, 3) AS prefix, length(phone) AS digits FROM customers ORDER BY id',
  "SELECT id, coalesce(phone, email, 'unknown') AS contact FROM customers ORDER BY id",
  'SELECT id, email IS NOT NULL AS has_email FROM customers ORDER BY id',
  "SELECT json_build_object('id', id, 'email', email) FROM customers ORDER BY id",
  'SELECT to_jsonb(c) FROM customers c ORDER BY c.id LIMIT 3',
  'SELECT l.id, l.total, c.email FROM customers c CROSS JOIN LATERAL (SELECT id, total FROM orders o WHERE o.customer_id = c.id ORDER BY total DESC LIMIT 1) l ORDER BY l.id',
  "SELECT v.label, count(o.id) FROM (VALUES ('open'), ('paid')) AS v(label) LEFT JOIN orders o ON o.status = v.label GROUP BY v.label ORDER BY 1",
  "WITH moved AS (UPDATE orders SET status = 'paid' WHERE status = 'open' RETURNING id, total) SELECT count(*), sum(total) FROM moved",
  'SELECT min(placed_at), max(placed_at), age(max(placed_at), min(placed_at)) FROM orders',
  'EXPLAIN SELECT * FROM orders WHERE customer_id = 1',
  'COPY orders (id, status, total) TO STDOUT',
  'SELECT schemaname, relname FROM pg_stat_user_tables ORDER BY 2',
  'SELECT count(*) FROM items TABLESAMPLE SYSTEM (100)',
  'SELECT sku, array_agg(DISTINCT qty ORDER BY qty) FROM items GROUP BY sku ORDER BY sku',
];
