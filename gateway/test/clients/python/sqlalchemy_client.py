"""SQLAlchemy with psycopg, psycopg2 and asyncpg, unchanged but for the URL: inspection, ORM, transactions, pools."""

import asyncio

import sqlalchemy as sa
from sqlalchemy import event, exc, orm
from sqlalchemy.ext.asyncio import create_async_engine

from dialogue import CA, URL, ask, check, denied, equal, raises, version, without_password

version(sa.__version__)
DRIVERS = ("psycopg", "psycopg2")


class Base(orm.DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    email: orm.Mapped[str]
    name: orm.Mapped[str | None]
    tags: orm.Mapped[list[str]] = orm.mapped_column(sa.ARRAY(sa.Text), server_default="{}")
    orders: orm.Mapped[list["Order"]] = orm.relationship(back_populates="customer")


class Order(Base):
    __tablename__ = "orders"
    id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, primary_key=True)
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("customers.id"))
    status: orm.Mapped[str] = orm.mapped_column(sa.Enum("open", "paid", "sent", name="order_status"), server_default="open")
    amount: orm.Mapped[float] = orm.mapped_column(sa.Numeric(10, 2))
    customer: orm.Mapped[Customer] = orm.relationship(back_populates="orders")


def engine_of(driver, url=URL, **options):
    return sa.create_engine(url.replace("postgres://", f"postgresql+{driver}://"), **options)


def with_engines(body):
    for driver in DRIVERS:
        engine = engine_of(driver)
        try:
            body(engine, driver)
        finally:
            engine.dispose()


@check("logs in by a session credential, by each driver")
def credential():
    for driver in DRIVERS:
        engine = sa.create_engine(ask("credential").replace("postgresql://", f"postgresql+{driver}://"))
        with engine.connect() as connection:
            equal(connection.scalar(sa.text("SELECT current_user")), "app")
        engine.dispose()


@check("inspects and reflects the schema")
def inspects():
    def body(engine, _driver):
        look = sa.inspect(engine)
        equal("orders" in look.get_table_names(), True)
        equal(look.get_view_names(), ["open_orders"])
        equal([column["name"] for column in look.get_columns("orders")][:2], ["id", "customer_id"])
        equal(look.get_pk_constraint("orders")["constrained_columns"], ["id"])
        equal(look.get_foreign_keys("orders")[0]["referred_table"], "customers")
        equal("orders_by_customer" in [index["name"] for index in look.get_indexes("orders")], True)
        equal([one["column_names"] for one in look.get_unique_constraints("customers")], [["email"]])
        equal(len(look.get_check_constraints("orders")), 1)
        equal(look.get_table_comment("orders"), {"text": "What customers bought"})
        equal(look.get_enums()[0]["labels"], ["open", "paid", "sent"])
        equal(sorted(look.get_sequence_names()), ["customers_id_seq", "orders_id_seq"])
        equal((look.get_schema_names(), look.get_materialized_view_names(), look.get_domains()), (["information_schema", "public"], [], []))
        equal((look.has_table("nothing"), look.has_sequence("orders_id_seq")), (False, True))
        tables = sa.MetaData()
        tables.reflect(engine, views=True)
        equal({"customers", "orders", "open_orders"} <= set(tables.tables), True)
        error = raises(exc.ProgrammingError, lambda: look.get_view_definition("open_orders"))
        denied(error, "pg_get_viewdef")

    with_engines(body)


@check("ORM: saves, loads, joins, updates and deletes")
def objects():
    def body(engine, driver):
        with orm.Session(engine) as session:
            email = f"orm@{driver}"
            session.add(Customer(email=email, name="A", tags=["x"], orders=[Order(amount=5), Order(amount=7)]))
            session.commit()
            found = session.scalars(sa.select(Customer).where(Customer.email == email).options(orm.selectinload(Customer.orders))).one()
            equal((found.tags, [order.status for order in found.orders]), (["x"], ["open", "open"]))
            found.name = "B"
            found.orders[0].status = "paid"
            session.commit()
            total = sa.select(sa.func.sum(Order.amount)).join(Customer).where(Customer.email == email)
            equal(int(session.scalar(total)), 12)
            for order in found.orders:
                session.delete(order)
            session.delete(found)
            session.commit()
            many = [{"email": f"bulk{number}@{driver}"} for number in range(500)]
            equal(len(session.scalars(sa.insert(Customer).returning(Customer.id), many).all()), 500)
            session.rollback()

    with_engines(body)


@check("streams 100,000 rows")
def streams():
    def body(engine, _driver):
        with engine.connect().execution_options(yield_per=5000) as connection:
            equal(sum(1 for _ in connection.execute(sa.text("SELECT id FROM readings"))), 100_000)

    with_engines(body)


@check("nested transactions, isolation levels and autocommit")
def transactions():
    def body(engine, driver):
        with engine.begin() as connection:
            connection.execute(sa.text("INSERT INTO customers (email) VALUES (:email)"), {"email": f"sqlalchemy@{driver}"})
            savepoint = connection.begin_nested()
            denied(raises(exc.ProgrammingError, lambda: connection.execute(sa.text("DELETE FROM orders"))), "Add a WHERE on a key")
            savepoint.rollback()
            equal(connection.scalar(sa.text("SELECT 3")), 3)
        for level in ("SERIALIZABLE", "REPEATABLE READ", "AUTOCOMMIT", "READ COMMITTED"):
            with engine.connect().execution_options(isolation_level=level) as connection:
                equal(connection.scalar(sa.text("SELECT 1")), 1)
                equal(connection.get_isolation_level(), "READ COMMITTED" if level == "AUTOCOMMIT" else level)

    with_engines(body)


@check("postgresql_readonly: with the rule for READ WRITE, which SQLAlchemy asks for when it takes read-only back")
def read_only():
    def body(engine, _driver):
        ask("policy read-write")
        options = {"isolation_level": "SERIALIZABLE", "postgresql_readonly": True, "postgresql_deferrable": True}
        try:
            with engine.connect().execution_options(**options) as connection:
                equal(connection.scalar(sa.text("SHOW transaction_read_only")), "on")
            with engine.connect() as connection:
                equal(connection.scalar(sa.text("SHOW transaction_read_only")), "off")
        finally:
            ask("policy shop")

    with_engines(body)


@check("tells why create_all and an unbounded delete are refused, with the statement; the pool goes on")
def refusals():
    def body(engine, _driver):
        tables = sa.MetaData()
        sa.Table("new_table", tables, sa.Column("id", sa.Integer, primary_key=True))
        denied(raises(exc.ProgrammingError, lambda: tables.create_all(engine)), "CREATE TABLE public.new_table")
        error = raises(exc.ProgrammingError, lambda: engine.connect().execute(sa.delete(Order)))
        denied(error, "Add a WHERE on a key")
        equal("[SQL: DELETE FROM orders]" in str(error), True)
        equal(type(error.orig).__name__, "InsufficientPrivilege")
        with engine.connect() as connection:
            equal(connection.scalar(sa.text("SELECT 1")), 1)

    with_engines(body)


@check("takes its token from do_connect; an expired one fails a statement (none with pool_pre_ping), and the pool reconnects")
def expiry():
    for driver in DRIVERS:
        for pings in (False, True):
            lives = ["60", "7200"]
            engine = engine_of(driver, without_password(), pool_size=1, max_overflow=0, pool_pre_ping=pings)

            @event.listens_for(engine, "do_connect")
            def provide_token(_dialect, _record, _arguments, parameters, lives=lives):
                parameters["password"] = ask("token " + lives.pop(0))

            def one(engine=engine):
                with engine.connect() as connection:
                    return connection.scalar(sa.text("SELECT 1"))

            equal(one(), 1)
            ask("clock 600")
            if not pings:
                error = raises(exc.OperationalError, one)
                # psycopg2 only says that the connection was closed.
                equal((error.connection_invalidated, "token expired" in str(error)), (True, driver == "psycopg"))
            equal((one(), lives), (1, []))
            ask("clock 0")
            engine.dispose()


@check("asyncio with asyncpg: inspection, statements and a refusal")
def asynchronous():
    async def body():
        import ssl

        url = URL.partition("?")[0].replace("postgres://", "postgresql+asyncpg://")
        engine = create_async_engine(url, connect_args={"ssl": ssl.create_default_context(cafile=CA)})
        async with engine.connect() as connection:
            tables = await connection.run_sync(lambda inner: sa.inspect(inner).get_table_names())
            equal("orders" in tables, True)
            statement = sa.select(Customer.email, Order.status).join(Order).where(Customer.id == 7)
            equal((await connection.execute(statement)).all(), [("customer7@example.org", "open")])
        try:
            async with engine.begin() as connection:
                await connection.execute(sa.text("DROP TABLE orders"))
            raise AssertionError("not refused")
        except exc.DBAPIError as error:
            denied(error, "DROP TABLE public.orders")
        async with engine.connect() as connection:
            equal(await connection.scalar(sa.text("SELECT 1")), 1)
        await engine.dispose()

    asyncio.run(body())
