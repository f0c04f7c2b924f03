"""asyncpg, unchanged but for the URL: it speaks the extended protocol in binary and looks types up by itself."""

import asyncio

import asyncpg

from dialogue import ENDLESS, OTHER_CA, URL, ask, check, denied, equal, version, with_options, without_password

version(asyncpg.__version__)


def check_async(title):
    return lambda body: check(title)(lambda: asyncio.run(body()))


async def raises_async(kind, awaitable):
    try:
        await awaitable
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def denied_message(error, reason):
    denied(error, reason)
    equal((error.sqlstate, error.detail.startswith("decision dec_")), ("42501", True))


@check_async("connects with verify-full, direct TLS, and refuses another CA")
async def connects():
    for options in ({}, {"direct_tls": True}):
        connection = await asyncpg.connect(URL, **options)
        equal(await connection.fetchval("SELECT current_user"), "app")
        await connection.close()
    await raises_async(Exception, asyncpg.connect(with_options(sslrootcert=OTHER_CA)))


@check_async("logs in by a session credential")
async def credential():
    connection = await asyncpg.connect(ask("credential"))
    equal(await connection.fetchval("SELECT current_user"), "app")
    await connection.close()


@check_async("types that it looks up: enums, arrays of them, composites, JSON")
async def types():
    connection = await asyncpg.connect(URL)
    row = await connection.fetchrow("SELECT * FROM orders WHERE id = $1", 1)
    equal((row["status"], row["details"]), ("open", '{"items": 1}'))
    equal(await connection.fetchval("SELECT array_agg(status) FROM orders WHERE id < $1", 3), ["open", "open"])
    equal((await connection.fetchval("SELECT o FROM open_orders o WHERE id = 2"))["customer_id"], 2)
    await connection.set_type_codec("jsonb", encoder=str, decoder=len, schema="pg_catalog")
    equal(await connection.fetchval("SELECT details FROM orders WHERE id = 1"), 12)
    equal(await connection.fetchval("SELECT $1::text[]", ["a", "b"]), ["a", "b"])
    await connection.close()


@check_async("prepared statements, cursors over 100,000 rows, and executemany")
async def statements():
    connection = await asyncpg.connect(URL)
    by_id = await connection.prepare("SELECT email FROM customers WHERE id = $1")
    equal([await by_id.fetchval(number) for number in (1, 2)], ["customer1@example.org", "customer2@example.org"])
    async with connection.transaction():
        equal(sum([1 async for _ in connection.cursor("SELECT id FROM readings", prefetch=5000)]), 100_000)
    await connection.executemany("INSERT INTO customers (email) VALUES ($1)", [(f"many{n}@asyncpg",) for n in range(200)])
    body = bytes(8 * 1024 * 1024)
    await connection.execute("INSERT INTO blobs VALUES (30, $1)", body)
    equal(len(await connection.fetchval("SELECT body FROM blobs WHERE id = 30")), len(body))
    await connection.close()


@check_async("COPY of records and of queries")
async def copies():
    connection = await asyncpg.connect(URL)
    records = [(f"copy{number}@asyncpg", "C") for number in range(500)]
    await connection.copy_records_to_table("customers", records=records, columns=["email", "name"])
    chunks = []

    async def collect(chunk):
        chunks.append(chunk)

    await connection.copy_from_query("SELECT email FROM customers WHERE name = $1", "C", output=collect)
    equal(len(b"".join(chunks).splitlines()) >= 500, True)
    error = await raises_async(asyncpg.InsufficientPrivilegeError, connection.copy_from_table("integration_tokens", output=collect))
    denied_message(error, "not for agents")
    equal(await connection.fetchval("SELECT 1"), 1)
    await connection.close()


@check_async("transactions: nested, read-only, with a refusal inside")
async def transactions():
    connection = await asyncpg.connect(URL)
    async with connection.transaction(isolation="serializable", readonly=True, deferrable=True):
        equal(await connection.fetchval("SHOW transaction_read_only"), "on")
    async with connection.transaction():
        await connection.execute("INSERT INTO customers (email) VALUES ('tx@asyncpg')")
        try:
            async with connection.transaction():
                await connection.execute("DELETE FROM orders")
        except asyncpg.InsufficientPrivilegeError as error:
            denied_message(error, "Add a WHERE on a key")
    equal(await connection.fetchval("SELECT count(*) FROM customers WHERE email = 'tx@asyncpg'"), 1)
    await connection.close()


@check_async("listeners, and a timeout that cancels on the server")
async def asynchronous():
    connection = await asyncpg.connect(URL)
    heard = asyncio.get_running_loop().create_future()
    await connection.add_listener("jobs", lambda _connection, _pid, _channel, payload: heard.set_result(payload))
    await connection.execute("SELECT pg_notify($1, $2)", "jobs", "order 7")
    equal(await asyncio.wait_for(heard, 10), "order 7")
    await raises_async(asyncio.TimeoutError, connection.fetch(ENDLESS, timeout=0.3))
    equal(await connection.fetchval("SELECT 1"), 1)
    await connection.close()


@check_async("a pool, whose reset between two users passes; its token from a function; an expired one is replaced")
async def pools():
    lives = ["60", "7200", "7200"]
    asked = []

    async def token():
        asked.append(1)
        return await asyncio.to_thread(ask, "token " + lives.pop(0))

    async with asyncpg.create_pool(without_password(), password=token, min_size=1, max_size=1) as pool:
        for _ in range(3):
            equal(await pool.fetchval("SELECT 1"), 1)
        error = await raises_async(asyncpg.InsufficientPrivilegeError, pool.execute("DROP TABLE orders"))
        denied_message(error, "DROP TABLE public.orders")
        equal((await pool.fetchval("SELECT 1"), len(asked)), (1, 1))
        await asyncio.to_thread(ask, "clock 600")
        error = await raises_async(asyncpg.PostgresConnectionError, pool.fetchval("SELECT 1"))
        equal("token expired" in str(error), True)
        equal((await pool.fetchval("SELECT 2"), len(asked)), (2, 2))
