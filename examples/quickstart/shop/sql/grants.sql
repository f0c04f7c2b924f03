-- Run as the superuser when everything is there. app_rw owns the objects; app_ro reads them all; shop_api
-- is the login of the internal service.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public, analytics TO app_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA public, analytics TO app_ro;
GRANT EXECUTE ON FUNCTION customer_total, search_tickets TO app_ro;
GRANT USAGE ON SCHEMA public TO shop_api;
GRANT SELECT, DELETE ON customers, orders, support_tickets TO shop_api;
GRANT UPDATE ON orders TO shop_api;
GRANT SELECT, INSERT ON refunds TO shop_api;
