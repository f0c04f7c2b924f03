// Command pgx is pgx, unchanged but for the URL: its five query modes, batches, COPY, pools, database/sql.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

const endless = "SELECT count(*) FROM readings a, readings b, readings c"

var background = context.Background()

func main() {
	version("github.com/jackc/pgx/v5")
	check("connects with verify-full and direct TLS, and refuses another CA", connects)
	check("logs in by a session credential", credential)
	check("all five query modes, with types of all kinds", modes)
	check("batches and pipelines; a refusal in one leaves the connection usable", batches)
	check("COPY from, and COPY to", copies)
	check("transactions: nested, read-only; READ WRITE needs a rule (incident 3)", transactions)
	check("100,000 rows, and a parameter of 8 MB", large)
	check("errors and refusals with their SQLSTATE, detail and hint", failures)
	check("notifications, and a context that ends cancels on the server", asynchronous)
	check("a pool: its token from BeforeConnect; an expired one is replaced", pools)
	check("database/sql", standard)
}

func connect() *pgx.Conn { return connectTo(url) }

func connectTo(text string) *pgx.Conn {
	conn, err := pgx.Connect(background, text)
	must(err)
	return conn
}

func connects() {
	for _, text := range []string{url, url + "&sslnegotiation=direct"} {
		conn := connectTo(text)
		equal(one[string](conn, "SELECT current_user"), "app")
		_, encrypted := conn.PgConn().Conn().(*tls.Conn)
		equal(encrypted, true)
		must(conn.Close(background))
	}
	_, err := pgx.Connect(background, strings.Replace(url, escape(ca), escape(otherCA), 1))
	equal(err != nil && strings.Contains(err.Error(), "certificate"), true)
}

func credential() {
	conn := connectTo(ask("credential"))
	equal(one[string](conn, "SELECT current_user"), "app")
	must(conn.Close(background))
}

func modes() {
	for _, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
		pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		config, err := pgx.ParseConfig(url)
		must(err)
		config.DefaultQueryExecMode = mode
		conn, err := pgx.ConnectConfig(background, config)
		must(err)
		for id := 1; id <= 3; id++ {
			var email, status string
			var tags []string
			var created time.Time
			var amount float64
			must(conn.QueryRow(background, `SELECT c.email, c.tags, c.created_at, o.status::text, o.amount::float8
				FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = $1`, id).
				Scan(&email, &tags, &created, &status, &amount))
			equal(fmt.Sprint(email, tags, status, amount), fmt.Sprintf("customer%d@example.org[vip n%d]open%v", id, id, float64(id*10)))
		}
		must(conn.Close(background))
	}
	conn := connect()
	defer conn.Close(background)
	for _, name := range []string{"order_status", "_order_status", "open_orders"} {
		found, err := conn.LoadType(background, name)
		must(err)
		conn.TypeMap().RegisterType(found)
	}
	equal(fmt.Sprint(one[[]string](conn, "SELECT array_agg(status) FROM orders WHERE id < 3")), "[open open]")
}

func batches() {
	conn := connect()
	defer conn.Close(background)
	batch := &pgx.Batch{}
	for number := range 50 {
		batch.Queue("SELECT $1::int", number).QueryRow(func(row pgx.Row) error {
			var got int
			err := row.Scan(&got)
			equal(got, number)
			return err
		})
	}
	must(conn.SendBatch(background, batch).Close())
	bad := &pgx.Batch{}
	bad.Queue("SELECT 1")
	bad.Queue("DELETE FROM orders")
	bad.Queue("SELECT 2")
	denied(conn.SendBatch(background, bad).Close(), "Add a WHERE on a key")
	equal(one[int](conn, "SELECT 3"), 3)
}

func copies() {
	conn := connect()
	defer conn.Close(background)
	rows := make([][]any, 1000)
	for number := range rows {
		rows[number] = []any{fmt.Sprintf("copy%d@pgx", number), "C"}
	}
	count, err := conn.CopyFrom(background, pgx.Identifier{"customers"}, []string{"email", "name"}, pgx.CopyFromRows(rows))
	must(err)
	equal(count, int64(1000))
	var out bytes.Buffer
	_, err = conn.PgConn().CopyTo(background, &out, "COPY (SELECT email FROM customers WHERE email LIKE 'copy%@pgx') TO STDOUT")
	must(err)
	equal(strings.Count(out.String(), "\n"), 1000)
	_, err = conn.PgConn().CopyTo(background, &out, "COPY integration_tokens TO STDOUT")
	denied(err, "not for agents")
	equal(one[int](conn, "SELECT 1"), 1)
}

func transactions() {
	conn := connect()
	defer conn.Close(background)
	must(pgx.BeginFunc(background, conn, func(outer pgx.Tx) error {
		_, err := outer.Exec(background, "INSERT INTO customers (email) VALUES ('tx@pgx')")
		must(err)
		denied(pgx.BeginFunc(background, outer, func(inner pgx.Tx) error {
			_, err := inner.Exec(background, "DROP TABLE orders")
			return err
		}), "DROP TABLE public.orders")
		return nil
	}))
	equal(one[int](conn, "SELECT count(*) FROM customers WHERE email = 'tx@pgx'"), 1)
	options := pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly, DeferrableMode: pgx.Deferrable}
	must(pgx.BeginTxFunc(background, conn, options, func(tx pgx.Tx) error {
		equal(one[string](conn, "SHOW transaction_read_only"), "on")
		return nil
	}))
	_, err := conn.BeginTx(background, pgx.TxOptions{AccessMode: pgx.ReadWrite})
	denied(err, "transaction_read_only")
}

func large() {
	conn := connect()
	defer conn.Close(background)
	rows, err := conn.Query(background, "SELECT id FROM readings")
	must(err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	must(err)
	equal(len(ids), 100_000)
	body := bytes.Repeat([]byte{0xa5}, 8<<20)
	_, err = conn.Exec(background, "INSERT INTO blobs VALUES (40, $1)", body)
	must(err)
	equal(bytes.Equal(one[[]byte](conn, "SELECT body FROM blobs WHERE id = 40"), body), true)
}

func failures() {
	conn := connect()
	defer conn.Close(background)
	_, err := conn.Exec(background, "INSERT INTO customers (email) VALUES ($1)", "customer1@example.org")
	equal(state(err), "23505")
	_, err = conn.Exec(background, "SELECT nothing FROM orders WHERE id = $1", 1)
	equal(state(err), "42703")
	_, err = conn.Exec(background, "SELECT secret FROM integration_tokens WHERE id = $1", 1)
	denied(err, "not for agents")
	var refusal *pgconn.PgError
	equal(errors.As(err, &refusal) && strings.HasPrefix(refusal.Detail, "decision dec_") && refusal.Hint != "", true)
	equal(one[int](conn, "SELECT 1"), 1)
}

func asynchronous() {
	conn := connect()
	defer conn.Close(background)
	_, err := conn.Exec(background, "LISTEN jobs")
	must(err)
	_, err = conn.Exec(background, "SELECT pg_notify($1, $2)", "jobs", "order 7")
	must(err)
	notice, err := conn.WaitForNotification(background)
	must(err)
	equal(notice.Payload, "order 7")
	canceller := connect()
	go func() {
		ask("running readings c")
		_ = canceller.PgConn().CancelRequest(background)
	}()
	_, err = canceller.Exec(background, endless)
	equal(state(err), "57014")
	equal(one[int](canceller, "SELECT 1"), 1)
	must(canceller.Close(background))
}

func pools() {
	lives := []string{"60", "1200", "7200"}
	config, err := pgxpool.ParseConfig(withoutPassword())
	must(err)
	config.MaxConns = 1
	config.BeforeConnect = func(_ context.Context, conn *pgx.ConnConfig) error {
		conn.Password = ask("token " + lives[0])
		lives = lives[1:]
		return nil
	}
	pool, err := pgxpool.NewWithConfig(background, config)
	must(err)
	defer pool.Close()
	_, err = pool.Exec(background, "DROP TABLE orders")
	denied(err, "DROP TABLE public.orders")
	_, err = pool.Exec(background, "SELECT 1")
	must(err)
	equal(len(lives), 2)
	ask("clock 600")
	_, err = pool.Exec(background, "SELECT 1")
	equal(state(err), "28000")
	_, err = pool.Exec(background, "SELECT 1")
	must(err)
	equal(len(lives), 1)
}

func standard() {
	config, err := pgx.ParseConfig(url)
	must(err)
	db := stdlib.OpenDB(*config)
	defer db.Close()
	must(db.Ping())
	statement, err := db.Prepare("SELECT email FROM customers WHERE id = $1")
	must(err)
	var email string
	must(statement.QueryRow(9).Scan(&email))
	equal(email, "customer9@example.org")
	tx, err := db.BeginTx(background, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	must(err)
	_, err = tx.Exec("INSERT INTO customers (email) VALUES ('ro@pgx')")
	equal(state(err), "25006")
	must(tx.Rollback())
	_, err = db.Exec("TRUNCATE orders")
	denied(err, "TRUNCATE on public.orders")
	must(db.Ping())
}

func one[T any](conn *pgx.Conn, text string) T {
	var value T
	must(conn.QueryRow(background, text).Scan(&value))
	return value
}
