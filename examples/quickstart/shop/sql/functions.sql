-- Functions: harmless ones, one that writes, and one that hands out a secret with its owner's rights.

CREATE FUNCTION customer_total(customer bigint) RETURNS numeric
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(sum(total), 0) FROM orders WHERE customer_id = customer AND status <> 'cancelled';
END;
COMMENT ON FUNCTION customer_total IS 'What a customer spent, cancelled orders aside.';

CREATE FUNCTION search_tickets(term text) RETURNS SETOF open_tickets
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT * FROM open_tickets WHERE subject ILIKE '%' || term || '%' ORDER BY created_at DESC LIMIT 50;
END;
COMMENT ON FUNCTION search_tickets IS 'Up to 50 open tickets whose subject holds the term.';

CREATE FUNCTION close_ticket(ticket bigint, resolution text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  UPDATE support_tickets SET status = 'closed', closed_at = now() WHERE id = ticket;
  INSERT INTO ticket_messages (ticket_id, author, body) VALUES (ticket, 'staff', resolution);
END;
$$;
COMMENT ON FUNCTION close_ticket IS 'Closes a ticket and tells the customer why: a write inside a SELECT.';

CREATE FUNCTION integration_token(wanted text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$ SELECT token FROM public.integration_tokens WHERE service = wanted $$;
COMMENT ON FUNCTION integration_token IS 'The key of a service: a secret that no table name gives away.';
