-- Run as the superuser when everything is there. app_rw owns the objects; app_ro reads them all.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public, analytics TO app_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA public, analytics TO app_ro;
GRANT EXECUTE ON FUNCTION customer_total, search_tickets TO app_ro;
