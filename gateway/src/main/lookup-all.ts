import { lookup } from 'node:dns/promises';

/** All addresses of a name, as the system resolves it. Rejects where there are none. */
export async function lookupAll(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}
