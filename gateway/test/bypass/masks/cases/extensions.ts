/** Ways to a masked value by extensions that come with PostgreSQL, and by views over their functions. */

/** All of them; `$PORT` is the server's own. */
export const EXTENSIONS: readonly string[] = [
  // Views whose functions run text: what they read is in no dependency.
  'SELECT told FROM pivoted',
  'SELECT * FROM over_pivoted',
  'SELECT told FROM kept',
  'SELECT told FROM pathed',
  'SELECT told FROM linked',
  'SELECT keyid FROM grown',
  'SELECT p.name, v.told FROM people p JOIN pivoted v ON v.id = p.id',
  'COPY (SELECT told FROM pivoted) TO STDOUT',
  'SELECT row_to_json(v) FROM pivoted v',
  // The functions themselves.
  "SELECT * FROM crosstab('SELECT id, 1, ssn FROM people ORDER BY 1') AS t (id int, told text)",
  "SELECT * FROM crosstab('SELECT id, 1, ssn FROM people ORDER BY 1', 'SELECT 1') AS t (id int, told text)",
  "SELECT * FROM crosstab2('SELECT name, ''x'', ssn FROM people ORDER BY 1')",
  "SELECT * FROM public.crosstab3('SELECT name, ''x'', ssn FROM people ORDER BY 1')",
  "SELECT * FROM xpath_table('id', 'ssn || ''x''', 'people', '', 'true') AS t (id text); SELECT told FROM pathed",
  "SELECT * FROM xpath_table('ssn', 'doc', 'people', '/a/b', 'true') AS t (ssn text, told text)",
  "SELECT * FROM dblink(here(), 'SELECT ssn FROM people') AS t (told text)",
  "SELECT dblink_connect('c', here()); SELECT * FROM dblink('c', 'SELECT ssn FROM people') AS t (told text)",
  // Rows and values made into something else.
  'SELECT hstore(p) FROM people p',
  "SELECT hstore(p) -> 'ssn' FROM people p",
  'SELECT (each(hstore(p))).value FROM people p',
  'SELECT akeys(hstore(ssn, NULL)) FROM people',
  'SELECT hstore_to_json(hstore(p)) FROM people p',
  'SELECT %% hstore(p) FROM people p',
  'SELECT ssn::citext FROM people WHERE id = 1',
  'SELECT max(ssn::citext) FROM people',
  "SELECT replace(ssn::citext, 'nothing', 'x') FROM people",
  'SELECT unaccent(ssn) FROM people',
  'SELECT show_trgm(name || ssn) || ARRAY[ssn] FROM people',
  "SELECT encode(armor(ssn::bytea)::bytea, 'escape') || ssn FROM people",
  "SELECT encode(decrypt(encrypt(ssn::bytea, 'k', 'aes'), 'k', 'aes'), 'escape') FROM people",
  "SELECT pgp_sym_decrypt(pgp_sym_encrypt(ssn, 'k'), 'k') FROM people",
  "SELECT replace(ssn, '-', '_')::ltree FROM people",
  "SELECT encode(get_raw_page('people', 0), 'escape')",
  "SELECT encode(t_data, 'escape') FROM heap_page_items(get_raw_page('people', 0))",
  "SELECT (heap_page_item_attrs(get_raw_page('people', 0), 'people'::regclass)).t_attrs::text, encode(get_raw_page('people', 0), 'escape')",
  // Elsewhere, which is here.
  `CREATE SERVER looped FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', dbname 'postgres', port '$PORT');
   CREATE USER MAPPING FOR app SERVER looped OPTIONS (user 'app', password 'app-secret');
   CREATE USER MAPPING FOR postgres SERVER looped OPTIONS (user 'app', password 'app-secret');
   CREATE FOREIGN TABLE elsewhere (id int, told text OPTIONS (column_name 'ssn')) SERVER looped OPTIONS (table_name 'people');
   SELECT told FROM elsewhere`,
];
