/** What the service knows and does, in SQL: one function a question, all values as parameters. */
import pg from 'pg';

/** How the service logs in to the shop's database. */
export interface StoreLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** CA of the server's certificate, PEM; without it there is no TLS. */
  readonly ca?: string;
}

/** A customer as the service hands it out: everything, as services do for each other. */
export interface Customer {
  readonly id: number;
  readonly full_name: string;
  readonly email: string;
  readonly phone: string | null;
  readonly date_of_birth: string | null;
  readonly national_id: string | null;
  readonly card_number: string | null;
  readonly iban: string | null;
  readonly city: string;
  readonly country: string;
  readonly notes: string | null;
}

/** An order, with what was paid back of it. */
export interface Order {
  readonly id: number;
  readonly customer_id: number;
  readonly status: string;
  readonly ordered_at: string;
  readonly total: number;
  readonly refunded: number;
}

/** Money that was paid back. */
export interface Refund {
  readonly id: number;
  readonly order_id: number;
  readonly amount: number;
  readonly reason: string;
}

/** Which customers. */
export interface CustomerFilter {
  readonly city?: string | undefined;
  /** How the address begins. */
  readonly email?: string | undefined;
  readonly limit: number;
}

const CUSTOMER = `id::int, full_name, email, phone, date_of_birth::text, national_id, card_number, iban, city, country, notes`;
const ORDER = `o.id::int, o.customer_id::int, o.status::text, o.ordered_at, o.total::float8,
  coalesce((SELECT sum(r.amount) FROM refunds r WHERE r.order_id = o.id), 0)::float8 AS refunded`;
const REFUND = 'id::int, order_id::int, amount::float8, reason';

/** The shop's data. Reads and writes as the account `shop_api`. */
export class ShopStore {
  readonly #pool: pg.Pool;

  constructor({ ca, ...login }: StoreLogin) {
    this.#pool = new pg.Pool({
      ...login,
      ssl: ca === undefined ? false : { ca },
      max: 4,
      application_name: 'shop-api',
      allowExitOnIdle: true,
    });
    // An idle connection ends when the server stops; the next question says so.
    this.#pool.on('error', () => undefined);
  }

  async customers({ city, email, limit }: CustomerFilter): Promise<readonly Customer[]> {
    const text = `SELECT ${CUSTOMER} FROM customers
WHERE ($1::text IS NULL OR city = $1) AND ($2::text IS NULL OR starts_with(email, $2)) ORDER BY id LIMIT $3`;
    return this.#rows<Customer>(text, [city, email, limit]);
  }

  async customer(id: number): Promise<Customer | undefined> {
    const [found] = await this.#rows<Customer>(`SELECT ${CUSTOMER} FROM customers WHERE id = $1`, [id]);
    return found;
  }

  async ordersOf(customer: number): Promise<readonly Order[]> {
    return this.#rows<Order>(`SELECT ${ORDER} FROM orders o WHERE o.customer_id = $1 ORDER BY o.id`, [
      customer,
    ]);
  }

  async order(id: number): Promise<Order | undefined> {
    const [found] = await this.#rows<Order>(`SELECT ${ORDER} FROM orders o WHERE o.id = $1`, [id]);
    return found;
  }

  async refundsOf(order: number): Promise<readonly Refund[]> {
    return this.#rows<Refund>(`SELECT ${REFUND} FROM refunds WHERE order_id = $1 ORDER BY id`, [order]);
  }

  /** Pays back; undefined where there is no such order, or more would go back than was paid. */
  async refund(order: number, amount: number, reason: string): Promise<Refund | undefined> {
    return this.#transaction(async (client) => {
      // The row is locked: two refunds at once must not go over the total together.
      await client.query('SELECT FROM orders WHERE id = $1 FOR UPDATE', [order]);
      const { rows } = await client.query<Refund>(
        `INSERT INTO refunds (order_id, amount, reason)
SELECT o.id, $2::numeric, $3 FROM orders o
WHERE o.id = $1 AND o.total >= $2::numeric + coalesce((SELECT sum(amount) FROM refunds WHERE order_id = o.id), 0)
RETURNING ${REFUND}`,
        [order, amount.toFixed(2), reason],
      );
      return rows[0];
    });
  }

  /** Forgets a customer with all orders and tickets; false where there is none. */
  async deleteCustomer(id: number): Promise<boolean> {
    return this.#transaction(async (client) => {
      await client.query('DELETE FROM support_tickets WHERE customer_id = $1', [id]);
      await client.query('DELETE FROM orders WHERE customer_id = $1', [id]);
      return (await client.query('DELETE FROM customers WHERE id = $1', [id])).rowCount === 1;
    });
  }

  /** Closes its connections. */
  close(): Promise<void> {
    return this.#pool.end();
  }

  async #rows<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return (await this.#pool.query<Row>(text, [...values])).rows;
  }

  async #transaction<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}
