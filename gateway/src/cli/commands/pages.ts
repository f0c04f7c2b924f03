import { type ApiOptions, getFromApi, refusedByApi } from '../api-client.ts';
import { CliError } from '../errors.ts';
import { printable } from '../printable.ts';

const MAX_LIMIT = 100_000;
const PAGE = 200;

/** One page of a list of the API. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Absent on the last page. */
  readonly nextCursor?: string | undefined;
}

/** A list of the API and what is asked of it. */
export interface ListRequest<Item> {
  readonly path: string;
  /** Conditions; those without a value are left out. */
  readonly where: Readonly<Record<string, string | undefined>>;
  /** As of `--limit`. */
  readonly limit: string;
  readonly read: (body: unknown) => Page<Item>;
}

/** The first items of a list, page by page. @throws CliError */
export async function readList<Item>(
  options: ApiOptions,
  { path, where, limit, read }: ListRequest<Item>,
): Promise<readonly Item[]> {
  const most = limitOf(limit);
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(Math.min(PAGE, most - items.length)) });
    for (const [name, value] of Object.entries({ ...where, cursor }))
      if (value !== undefined) query.set(name, value);
    const answer = await getFromApi(options, `${path}?${query.toString()}`);
    if (!answer.ok) throw refusedByApi(answer);
    const page = read(answer.body);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined && items.length < most);
  return items;
}

/** The number of `--limit`. @throws CliError */
export function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new CliError(
    'ERR_CLI_USAGE',
    `\`--limit\` wants a number from 1 to ${MAX_LIMIT}, got \`${printable(text, 40)}\``,
  );
}
