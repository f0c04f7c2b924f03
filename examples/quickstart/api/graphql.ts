/** The same data as a graph. Names are those of the database, so that one mask is for both. */
import { buildSchema, type GraphQLSchema, graphql } from 'graphql';
import { type Answer, problem } from './answer.ts';
import { idOf, readRefund } from './routes.ts';
import type { Customer, Order, Refund, ShopStore } from './store.ts';

const SCHEMA = `
type Query {
  customer(id: ID!): Customer
  customers(city: String, limit: Int = 20): [Customer!]!
  order(id: ID!): Order
}
type Mutation {
  refund(order_id: ID!, amount: Float!, reason: String!): Refund
  delete_customer(id: ID!): Boolean!
}
type Customer {
  id: ID!
  full_name: String!
  email: String!
  phone: String
  date_of_birth: String
  national_id: String
  card_number: String
  iban: String
  city: String!
  country: String!
  orders: [Order!]!
}
type Order { id: ID!, status: String!, total: Float!, refunded: Float!, refunds: [Refund!]! }
type Refund { id: ID!, amount: Float!, reason: String! }
`;

const MOST_ROWS = 100;

/** Executes GraphQL over the store. */
export class ShopGraph {
  readonly #schema: GraphQLSchema = buildSchema(SCHEMA);
  readonly #root: object;

  constructor(store: ShopStore) {
    this.#root = rootOf(store);
  }

  /** Answers a request: `query`, `variables` and `operationName` of a JSON body, or of the URL. */
  async answer(json: unknown): Promise<Answer> {
    if (typeof json !== 'object' || json === null || !('query' in json) || typeof json.query !== 'string') {
      return problem(400, 'send a JSON object with query');
    }
    const { query, variables, operationName } = json as Readonly<Record<string, unknown>> & { query: string };
    const result = await graphql({
      schema: this.#schema,
      source: query,
      rootValue: this.#root,
      variableValues: typeof variables === 'object' ? (variables as Record<string, unknown>) : null,
      operationName: typeof operationName === 'string' ? operationName : null,
    });
    return { status: 200, json: result };
  }
}

interface ById {
  readonly id: string;
}

function rootOf(store: ShopStore): object {
  const withRefunds = (order: Order): object => ({ ...order, refunds: () => store.refundsOf(order.id) });
  const withOrders = (customer: Customer): object => ({
    ...customer,
    orders: async () => (await store.ordersOf(customer.id)).map(withRefunds),
  });
  return {
    customer: async ({ id }: ById) => {
      const customer = await store.customer(idOf(id) ?? 0);
      return customer === undefined ? null : withOrders(customer);
    },
    customers: async ({ city, limit }: { readonly city?: string; readonly limit: number }) => {
      const rows = await store.customers({ city, limit: Math.max(0, Math.min(limit, MOST_ROWS)) });
      return rows.map(withOrders);
    },
    order: async ({ id }: ById) => {
      const order = await store.order(idOf(id) ?? 0);
      return order === undefined ? null : withRefunds(order);
    },
    refund: (wanted: Readonly<Record<string, unknown>>) => refund(store, wanted),
    delete_customer: ({ id }: ById) => store.deleteCustomer(idOf(id) ?? 0),
  };
}

async function refund(store: ShopStore, wanted: Readonly<Record<string, unknown>>): Promise<Refund> {
  const read = readRefund({ ...wanted, order_id: idOf(String(wanted['order_id'])) });
  if (typeof read === 'string') throw new Error(read);
  const made = await store.refund(read.order, read.amount, read.reason);
  if (made === undefined) throw new Error('there is no such order, or less was paid for it');
  return made;
}
