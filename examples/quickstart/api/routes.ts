/** The resources of the service: customers, orders, refunds. */
import { type Answer, problem } from './answer.ts';
import type { ShopStore } from './store.ts';

/** A request whose credential was right. */
export interface ApiRequest {
  readonly method: string;
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  /** The body where it was JSON. */
  readonly json: unknown;
}

const MOST_ROWS = 100;
const ROWS = 20;
const MOST_REASON = 500;

/** Answers a request for a resource. Rejects when the database does not answer. */
export function answerRequest(request: ApiRequest, store: ShopStore): Answer | Promise<Answer> {
  const { method, segments } = request;
  const [collection, key, part, ...rest] = segments;
  const id = key === undefined ? undefined : idOf(key);
  if (rest.length > 0 || (key !== undefined && id === undefined)) return nothing();
  const place = [collection, ...(id === undefined ? [] : ['*']), ...(part === undefined ? [] : [part])].join(
    '/',
  );
  switch (`${method} ${place}`) {
    case 'GET customers':
      return customers(request, store);
    case 'GET customers/*':
      return found(store.customer(id ?? 0));
    case 'GET customers/*/orders':
      return store.ordersOf(id ?? 0).then((orders) => ({ status: 200, json: { orders } }));
    case 'DELETE customers/*':
      return store.deleteCustomer(id ?? 0).then((isGone) => (isGone ? { status: 204 } : nothing()));
    case 'GET orders/*':
      return found(store.order(id ?? 0));
    case 'GET refunds':
      return refunds(request, store);
    case 'POST refunds':
      return refund(request, store);
    default:
      return KNOWN.has(place) ? problem(405, `not with ${method}`) : nothing();
  }
}

const KNOWN: ReadonlySet<string> = new Set([
  'customers',
  'customers/*',
  'customers/*/orders',
  'orders/*',
  'refunds',
]);

async function customers({ query }: ApiRequest, store: ShopStore): Promise<Answer> {
  const limit = idOf(query.get('limit') ?? String(ROWS));
  if (limit === undefined || limit > MOST_ROWS) return problem(400, `limit is a number up to ${MOST_ROWS}`);
  const filter = { city: query.get('city') ?? undefined, email: query.get('email') ?? undefined, limit };
  return { status: 200, json: { customers: await store.customers(filter) } };
}

async function refunds({ query }: ApiRequest, store: ShopStore): Promise<Answer> {
  const order = idOf(query.get('order_id') ?? '');
  if (order === undefined) return problem(400, 'name the order by order_id');
  return { status: 200, json: { refunds: await store.refundsOf(order) } };
}

async function refund({ json }: ApiRequest, store: ShopStore): Promise<Answer> {
  const wanted = readRefund(json);
  if (typeof wanted === 'string') return problem(422, wanted);
  const made = await store.refund(wanted.order, wanted.amount, wanted.reason);
  if (made === undefined) return problem(422, 'there is no such order, or less was paid for it');
  return { status: 201, json: made };
}

/** What is to be paid back; a sentence where it is not right. */
export function readRefund(
  json: unknown,
): { readonly order: number; readonly amount: number; readonly reason: string } | string {
  if (typeof json !== 'object' || json === null) return 'send a JSON object';
  const { order_id: order, amount, reason } = json as Record<string, unknown>;
  if (typeof order !== 'number' || !Number.isSafeInteger(order) || order < 1) return 'order_id is a number';
  if (typeof amount !== 'number' || !(amount > 0) || amount > 1e7 || !isWholeCents(amount)) {
    return 'amount is a number of euros, to the cent';
  }
  if (typeof reason !== 'string' || reason === '' || reason.length > MOST_REASON)
    return 'reason is a short text';
  return { order, amount, reason };
}

function isWholeCents(amount: number): boolean {
  return Number(amount.toFixed(2)) === amount;
}

/** A row's id; undefined for what is none. */
export function idOf(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/u.test(text) ? Number(text) : undefined;
}

async function found(row: Promise<object | undefined>): Promise<Answer> {
  const json = await row;
  return json === undefined ? nothing() : { status: 200, json };
}

function nothing(): Answer {
  return problem(404, 'there is no such thing');
}
