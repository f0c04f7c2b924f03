/** Products, orders and their items. */
import { day } from './customers.ts';
import type { Random } from './random.ts';

/** One row of `products`. */
export interface ProductRow {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly price: number;
  readonly stock: number;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** One row of `orders`. */
export interface OrderRow {
  readonly id: number;
  readonly customer_id: number;
  readonly status: string;
  readonly ordered_at: string;
  readonly shipped_at: string | null;
  readonly total: number;
}

/** One row of `order_items`. */
export interface OrderItemRow {
  readonly order_id: number;
  readonly line: number;
  readonly product_id: number;
  readonly quantity: number;
  readonly unit_price: number;
}

const MATERIALS = [
  'Oak',
  'Linen',
  'Enamel',
  'Cork',
  'Wool',
  'Brass',
  'Stoneware',
  'Walnut',
  'Felt',
  'Glass',
] as const;
const THINGS = [
  { thing: 'Lamp', category: 'light' },
  { thing: 'Kettle', category: 'kitchen' },
  { thing: 'Bowl', category: 'kitchen' },
  { thing: 'Throw', category: 'textile' },
  { thing: 'Cushion', category: 'textile' },
  { thing: 'Shelf', category: 'furniture' },
  { thing: 'Stool', category: 'furniture' },
  { thing: 'Planter', category: 'garden' },
  { thing: 'Notebook', category: 'desk' },
  { thing: 'Tray', category: 'desk' },
] as const;
const DAY_MS = 86_400_000;

/** One product for each material and thing, with ids from 1. */
export function productRows(random: Random): readonly ProductRow[] {
  return MATERIALS.flatMap((material, row) =>
    THINGS.map(({ thing, category }, column) => ({
      id: row * THINGS.length + column + 1,
      sku: `${material.slice(0, 3)}-${thing.slice(0, 3)}-${random.digits(4)}`.toUpperCase(),
      name: `${material} ${thing}`,
      category,
      price: random.integer(900, 24_900) / 100,
      stock: random.integer(0, 400),
      attributes: { material: material.toLowerCase(), weight_g: random.integer(80, 9000) },
    })),
  );
}

/** `count` orders of customers 1 to `customers`, with one to five items each; totals add up to the cent. */
export function orderRows(
  random: Random,
  count: number,
  from: { readonly customers: number; readonly products: readonly ProductRow[] },
): { readonly orders: readonly OrderRow[]; readonly items: readonly OrderItemRow[] } {
  const items: OrderItemRow[] = [];
  const orders = Array.from({ length: count }, (_, index) => {
    const lines = itemRows(random, index + 1, from.products);
    items.push(...lines);
    const cents = lines.reduce((sum, line) => sum + Math.round(line.unit_price * 100) * line.quantity, 0);
    return orderRow(random, { id: index + 1, customers: from.customers, cents });
  });
  return { orders, items };
}

function itemRows(random: Random, orderId: number, products: readonly ProductRow[]): readonly OrderItemRow[] {
  return Array.from({ length: random.integer(1, 5) }, (_, index) => {
    const product = random.pick(products);
    return {
      order_id: orderId,
      line: index + 1,
      product_id: product.id,
      quantity: random.chance(0.8) ? 1 : random.integer(2, 4),
      unit_price: product.price,
    };
  });
}

function orderRow(
  random: Random,
  { id, customers, cents }: { readonly id: number; readonly customers: number; readonly cents: number },
): OrderRow {
  const orderedAt = day(random, Date.UTC(2025, 6, 1), Date.UTC(2026, 9, 31));
  const status = random.pick([
    'new',
    'paid',
    'shipped',
    'delivered',
    'delivered',
    'delivered',
    'returned',
    'cancelled',
  ]);
  const isShipped = ['shipped', 'delivered', 'returned'].includes(status);
  const shippedAt = new Date(Date.parse(orderedAt) + random.integer(1, 6) * DAY_MS).toISOString();
  return {
    id,
    customer_id: random.integer(1, customers),
    status,
    ordered_at: orderedAt,
    shipped_at: isShipped ? shippedAt : null,
    total: cents / 100,
  };
}
