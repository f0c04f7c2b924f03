-- Views over the tables: a policy on tables and columns has to hold through them too.

CREATE VIEW open_tickets AS
SELECT t.id, t.customer_id, c.full_name AS customer, c.city, t.subject, t.priority, t.status, t.created_at
FROM support_tickets t
JOIN customers c ON c.id = t.customer_id
WHERE t.status <> 'closed';
COMMENT ON VIEW open_tickets IS 'What support works on; no free text of customers.';

CREATE VIEW customer_overview AS
SELECT
  c.id, c.full_name, c.email, c.city, c.country,
  count(o.id) AS orders,
  coalesce(sum(o.total), 0) AS spent,
  max(o.ordered_at) AS last_order_at,
  (SELECT count(*) FROM support_tickets t WHERE t.customer_id = c.id AND t.status <> 'closed') AS open_tickets
FROM customers c
LEFT JOIN orders o ON o.customer_id = c.id AND o.status <> 'cancelled'
GROUP BY c.id;
COMMENT ON VIEW customer_overview IS 'One row a customer, without ids, cards and accounts.';

CREATE VIEW payment_details AS
SELECT id, full_name, card_number AS card, iban FROM customers;
COMMENT ON VIEW payment_details IS 'For the payment service: the sensitive columns under other names.';

CREATE VIEW integration_status AS
SELECT service, scopes, created_at, last_used_at FROM integration_tokens;
COMMENT ON VIEW integration_status IS 'Which integrations exist, without their keys.';

CREATE VIEW analytics.revenue_by_month AS
SELECT date_trunc('month', ordered_at AT TIME ZONE 'UTC')::date AS month, count(*) AS orders, sum(total) AS revenue
FROM orders
WHERE status NOT IN ('cancelled', 'returned')
GROUP BY 1;
COMMENT ON VIEW analytics.revenue_by_month IS 'Orders and revenue by calendar month, UTC.';

CREATE MATERIALIZED VIEW analytics.product_sales AS
SELECT p.id AS product_id, p.name, p.category, coalesce(sum(i.quantity), 0) AS sold
FROM products p
LEFT JOIN order_items i ON i.product_id = p.id
GROUP BY p.id
WITH NO DATA;
COMMENT ON MATERIALIZED VIEW analytics.product_sales IS 'Pieces sold by product; refreshed by hand.';
