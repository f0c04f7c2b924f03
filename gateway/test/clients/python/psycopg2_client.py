"""psycopg2, unchanged but for the URL. It puts parameters into the text by itself, so that every statement is a simple query."""

import io
import select
import threading

import psycopg2
import psycopg2.errors
import psycopg2.extras
import psycopg2.pool

from dialogue import ENDLESS, OTHER_CA, URL, ask, check, denied, equal, raises, version, with_options, without_password

version(f"{psycopg2.__version__} (libpq {psycopg2.extensions.libpq_version()})")


def rows(connection, text, parameters=None):
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)
        return cursor.fetchall() if cursor.description else cursor.rowcount


@check("connects with verify-full and refuses another CA")
def connects():
    connection = psycopg2.connect(URL)
    equal(rows(connection, "SELECT current_user"), [("app",)])
    connection.close()
    raises(psycopg2.OperationalError, lambda: psycopg2.connect(with_options(sslrootcert=OTHER_CA)))


@check("parameters of many types, and look-ups of composites, ranges and JSON")
def types():
    connection = psycopg2.connect(URL)
    values = (7, 1.5, "O'Reilly \\ Zürich", b"\x00\xff", ["a", "b"], None)
    got = rows(connection, "SELECT %s, %s::float8, %s, %s::bytea, %s::text[], %s", values)[0]
    equal((*got[:3], bytes(got[3]), *got[4:]), values)
    psycopg2.extras.register_composite("open_orders", connection)
    psycopg2.extras.register_range("numrange", psycopg2.extras.NumericRange, connection)
    psycopg2.extras.register_default_jsonb(connection)
    psycopg2.extras.register_uuid(conn_or_curs=connection)
    equal(rows(connection, "SELECT details FROM orders WHERE id = 1"), [({"items": 1},)])
    raises(psycopg2.ProgrammingError, lambda: psycopg2.extras.register_hstore(connection))
    connection.close()


@check("execute_values, execute_batch, and a parameter of 400 kB")
def batches():
    connection = psycopg2.connect(URL)
    many = [(f"many{number}@psycopg2", "M") for number in range(1000)]
    with connection, connection.cursor() as cursor:
        psycopg2.extras.execute_values(cursor, "INSERT INTO customers (email, name) VALUES %s", many, page_size=500)
        psycopg2.extras.execute_batch(cursor, "UPDATE customers SET name = %s WHERE email = %s", [("N", row[0]) for row in many[:50]])
        cursor.execute("INSERT INTO blobs VALUES (20, %s)", (psycopg2.Binary(bytes(400_000)),))
    equal(rows(connection, "SELECT count(*) FROM customers WHERE email LIKE '%@psycopg2' AND name = 'N'"), [(50,)])
    connection.close()


@check("sessions that are read-only or serializable, with and without autocommit")
def modes():
    connection = psycopg2.connect(URL)
    connection.set_session(readonly=True, isolation_level="SERIALIZABLE", deferrable=True)
    equal(rows(connection, "SHOW transaction_read_only"), [("on",)])
    connection.rollback()
    connection.set_session(readonly="DEFAULT", isolation_level="DEFAULT", deferrable="DEFAULT")
    equal(rows(connection, "SHOW transaction_read_only"), [("off",)])
    connection.rollback()
    connection.autocommit = True
    connection.set_session(readonly=True)
    equal(rows(connection, "SHOW default_transaction_read_only"), [("on",)])
    connection.reset()
    connection.close()


@check("named cursors, also beyond their transaction")
def cursors():
    connection = psycopg2.connect(URL)
    with connection.cursor("all", withhold=True) as cursor:
        cursor.itersize = 10_000
        cursor.execute("SELECT id FROM readings")
        equal(cursor.fetchone(), (1,))
        connection.commit()
        equal(sum(1 for _ in cursor), 99_999)
    connection.close()


@check("COPY in and out, and a refused one")
def copies():
    connection = psycopg2.connect(URL)
    with connection.cursor() as cursor:
        cursor.copy_expert("COPY customers (email) FROM STDIN", io.StringIO("copy1@psycopg2\ncopy2@psycopg2\n"))
        connection.commit()
        target = io.StringIO()
        cursor.copy_expert("COPY (SELECT email FROM customers WHERE email LIKE 'copy%@psycopg2') TO STDOUT", target)
        equal(len(target.getvalue().splitlines()), 2)
        refused = lambda: cursor.copy_expert("COPY integration_tokens FROM STDIN", io.StringIO("7\tx\n"))
        denied(raises(psycopg2.errors.InsufficientPrivilege, refused), "not for agents")
        connection.rollback()
        cursor.execute("SELECT 1")
        equal(cursor.fetchone(), (1,))
    connection.close()


@check("errors, refusals and savepoints")
def errors():
    connection = psycopg2.connect(URL)
    insert = "INSERT INTO orders (customer_id, amount) VALUES (-1, 1)"
    error = raises(psycopg2.errors.ForeignKeyViolation, lambda: rows(connection, insert))
    equal(error.pgcode, "23503")
    connection.rollback()
    rows(connection, "INSERT INTO customers (email) VALUES ('tx@psycopg2')")
    rows(connection, "SAVEPOINT s")
    denied(raises(psycopg2.errors.InsufficientPrivilege, lambda: rows(connection, "DELETE FROM orders")), "Add a WHERE on a key")
    rows(connection, "ROLLBACK TO SAVEPOINT s")
    connection.commit()
    equal(rows(connection, "SELECT count(*) FROM customers WHERE email = 'tx@psycopg2'"), [(1,)])
    two_phase = lambda: (connection.tpc_begin("x"), rows(connection, "SELECT 1"), connection.tpc_prepare())
    connection.rollback()
    denied(raises(psycopg2.errors.InsufficientPrivilege, two_phase), "PREPARE TRANSACTION")
    connection.close()


@check("notifications and cancelling")
def asynchronous():
    connection = psycopg2.connect(URL)
    connection.autocommit = True
    rows(connection, "LISTEN jobs")
    rows(connection, "NOTIFY jobs, 'order 7'")
    while not connection.notifies:
        select.select([connection], [], [], 10)
        connection.poll()
    equal(connection.notifies[0].payload, "order 7")
    canceller = threading.Thread(target=lambda: (ask("running readings c"), connection.cancel()))
    canceller.start()
    raises(psycopg2.errors.QueryCanceled, lambda: rows(connection, ENDLESS))
    canceller.join()
    equal(rows(connection, "SELECT 1"), [(1,)])
    connection.close()


@check("a pool, a refusal in it, and an expired token that is replaced")
def pools():
    def connect_with(token):
        return psycopg2.connect(without_password(), password=token)

    connection = connect_with(ask("token 60"))
    connection.autocommit = True
    equal(rows(connection, "SELECT 1"), [(1,)])
    ask("clock 600")
    # libpq's synchronous call keeps only what it says last, that the connection was closed, here as from PostgreSQL itself.
    raises(psycopg2.OperationalError, lambda: rows(connection, "SELECT 1"))
    equal(connection.closed != 0, True)
    pool = psycopg2.pool.ThreadedConnectionPool(1, 3, without_password(), password=ask("token 7200"))
    one = pool.getconn()
    raises(psycopg2.errors.InsufficientPrivilege, lambda: rows(one, "DROP TABLE orders"))
    pool.putconn(one)
    again = pool.getconn()
    equal(rows(again, "SELECT 2"), [(2,)])
    pool.putconn(again)
    pool.closeall()
