"""psycopg 3, unchanged but for the URL."""

import threading

import psycopg
from psycopg.types import TypeInfo
from psycopg.types.composite import CompositeInfo
from psycopg.types.enum import EnumInfo
from psycopg_pool import ConnectionPool

from dialogue import ENDLESS, OTHER_CA, URL, ask, check, denied, equal, raises, version, with_options, without_password

version(f"{psycopg.__version__} (libpq {psycopg.pq.version()})")


@check("connects with verify-full, direct TLS and protocol 3.2, and refuses another CA")
def connects():
    for url in (URL, with_options(sslnegotiation="direct"), with_options(max_protocol_version="3.2")):
        with psycopg.connect(url) as connection:
            equal(connection.execute("SELECT current_user").fetchone(), ("app",))
    raises(psycopg.OperationalError, lambda: psycopg.connect(with_options(sslrootcert=OTHER_CA)))


@check("logs in by a session credential, bound to the TLS channel or not")
def credential():
    url = ask("credential")
    for binding in ("require", "disable"):
        with psycopg.connect(f"{url}&channel_binding={binding}") as connection:
            equal(connection.execute("SELECT current_user").fetchone(), ("app",))
    raises(psycopg.OperationalError, lambda: psycopg.connect(url.replace(":slp_", ":slp-")))


@check("types, in text and in binary, and its look-up of enums, composites and others")
def types():
    with psycopg.connect(URL) as connection:
        query = "SELECT id, email, tags, created_at FROM customers WHERE id = %s"
        text = connection.execute(query, (1,)).fetchone()
        equal(text[2], ["vip", "n1"])
        equal(connection.cursor(binary=True).execute(query, (1,)).fetchone(), text)
        equal(EnumInfo.fetch(connection, "order_status").labels, ["open", "paid", "sent"])
        equal(CompositeInfo.fetch(connection, "open_orders").field_names[:2], ("id", "customer_id"))
        equal(TypeInfo.fetch(connection, "hstore"), None)


@check("prepared statements, executemany and pipelines, with a refusal in the middle of one")
def pipelines():
    with psycopg.connect(URL, autocommit=True) as connection:
        for number in range(8):
            found = connection.execute("SELECT id FROM orders WHERE id = %s", (number + 1,), prepare=True).fetchone()
            equal(found, (number + 1,))
        rows = [(f"many{number}@psycopg",) for number in range(100)]
        connection.cursor().executemany("INSERT INTO customers (email) VALUES (%s)", rows)
        with connection.pipeline():
            cursors = [connection.execute("SELECT %s::int", (number,)) for number in range(40)]
        equal([cursor.fetchone()[0] for cursor in cursors], list(range(40)))

        def refused():
            with connection.pipeline():
                connection.execute("SELECT 1")
                connection.execute("DELETE FROM orders")
                connection.execute("SELECT 2")

        denied(raises(psycopg.errors.InsufficientPrivilege, refused), "Add a WHERE on a key")
        equal(connection.execute("SELECT 3").fetchone(), (3,))


@check("transactions with savepoints; a refusal in one of them")
def transactions():
    with psycopg.connect(URL) as connection:
        with connection.transaction():
            connection.execute("INSERT INTO customers (email) VALUES ('tx@psycopg')")

            def refused():
                with connection.transaction():
                    connection.execute("DROP TABLE orders")

            denied(raises(psycopg.errors.InsufficientPrivilege, refused), "DROP TABLE public.orders")
        equal(connection.execute("SELECT count(*) FROM customers WHERE email = 'tx@psycopg'").fetchone(), (1,))


@check("isolation and read-only; READ WRITE needs a rule (incident 3)")
def modes():
    with psycopg.connect(URL) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        connection.deferrable = True
        equal(connection.execute("SHOW transaction_read_only").fetchone(), ("on",))
        connection.rollback()
        connection.read_only = False
        denied(raises(psycopg.errors.InsufficientPrivilege, lambda: connection.execute("SELECT 1")), "transaction_read_only")
        connection.rollback()
        connection.read_only = None
        equal(connection.execute("SELECT 1").fetchone(), (1,))


@check("a server-side cursor over 100,000 rows")
def cursors():
    with psycopg.connect(URL) as connection, connection.cursor(name="all") as cursor:
        cursor.itersize = 5000
        cursor.execute("SELECT id FROM readings")
        equal(sum(1 for _ in cursor), 100_000)


@check("COPY in and out, in text and in binary, and a refused one")
def copies():
    with psycopg.connect(URL) as connection:
        with connection.cursor().copy("COPY customers (email, name) FROM STDIN") as copy:
            for number in range(1000):
                copy.write_row((f"copy{number}@psycopg", "C"))
        connection.commit()
        with connection.cursor().copy("COPY (SELECT id FROM readings) TO STDOUT (FORMAT binary)") as copy:
            copy.set_types(["int4"])
            equal(sum(1 for _ in copy.rows()), 100_000)

        def refused():
            with connection.cursor().copy("COPY integration_tokens TO STDOUT") as copy:
                list(copy)

        denied(raises(psycopg.errors.InsufficientPrivilege, refused), "not for agents")
        connection.rollback()
        equal(connection.execute("SELECT 1").fetchone(), (1,))


@check("a parameter of 8 MB")
def large():
    body = bytes(range(256)) * 32768
    with psycopg.connect(URL) as connection:
        connection.execute("INSERT INTO blobs VALUES (10, %s)", (body,))
        equal(connection.execute("SELECT body FROM blobs WHERE id = 10").fetchone()[0] == body, True)


@check("errors with their SQLSTATE; a refusal with detail and hint, and a working statement after it")
def errors():
    with psycopg.connect(URL, autocommit=True) as connection:
        insert = "INSERT INTO customers (email) VALUES ('customer1@example.org')"
        error = raises(psycopg.errors.UniqueViolation, lambda: connection.execute(insert))
        equal((error.sqlstate, error.diag.constraint_name), ("23505", "customers_email_key"))
        error = raises(psycopg.errors.InsufficientPrivilege, lambda: connection.execute("TRUNCATE orders"))
        denied(error, "TRUNCATE on public.orders")
        equal(error.diag.message_detail.startswith("decision dec_"), True)
        equal(error.diag.message_hint is not None, True)
        equal(connection.execute("SELECT 1").fetchone(), (1,))


@check("LISTEN and NOTIFY")
def notifications():
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute("LISTEN jobs")
        connection.execute("NOTIFY jobs, 'order 7'")
        equal([notice.payload for notice in connection.notifies(timeout=10, stop_after=1)], ["order 7"])


@check("cancel_safe, whose end means that the server has acted, and statement_timeout")
def cancels():
    with psycopg.connect(URL, autocommit=True) as connection:

        def cancel():
            ask("running readings c")
            connection.cancel_safe()

        canceller = threading.Thread(target=cancel)
        canceller.start()
        error = raises(psycopg.errors.QueryCanceled, lambda: connection.execute(ENDLESS))
        canceller.join()
        equal(error.sqlstate, "57014")
        for _ in range(5):
            connection.cancel_safe()
            equal(connection.execute("SELECT 1").fetchone(), (1,))
    with psycopg.connect(with_options(options="-c statement_timeout=200")) as connection:
        raises(psycopg.errors.QueryCanceled, lambda: connection.execute(ENDLESS))


@check("a pool: fresh tokens by a function; a refusal costs no connection; an expired token is replaced")
def pools():
    lives = ["60", "7200", "7200"]
    asked = []

    def conninfo():
        asked.append(1)
        return without_password() + f"&password={ask('token ' + lives.pop(0))}"

    with ConnectionPool(conninfo, min_size=1, max_size=1, check=ConnectionPool.check_connection) as pool:

        def refused():
            with pool.connection() as connection:
                connection.execute("DROP TABLE orders")

        raises(psycopg.errors.InsufficientPrivilege, refused)
        with pool.connection() as connection:
            equal(connection.execute("SELECT 1").fetchone(), (1,))
        equal(len(asked), 1)
        ask("clock 600")
        with pool.connection() as connection:
            equal(connection.execute("SELECT 2").fetchone(), (2,))
        equal(len(asked), 2)


@check("an expired token is told at login and on the next statement, with SQLSTATE 28000")
def expiry():
    url = without_password() + "&password="
    error = raises(psycopg.OperationalError, lambda: psycopg.connect(url + ask("token -600")))
    equal("expired" in str(error), True)
    with psycopg.connect(url + ask("token 60"), autocommit=True) as connection:
        connection.execute("SELECT 1")
        ask("clock 600")
        error = raises(psycopg.OperationalError, lambda: connection.execute("SELECT 1"))
        equal((error.sqlstate, connection.closed), ("28000", True))
