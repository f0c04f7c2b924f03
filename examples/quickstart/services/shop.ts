/** PostgreSQL with the sample shop, as a part of a deployment. The shop is new at each start, and so are its passwords. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startShop } from '../stack/shop-resource.ts';
import { ACCOUNTS_FOLDER, SHOP_READY_FILE, serverFolder } from './places.ts';
import { untilStopped } from './until-stopped.ts';

const { SHOP_LISTEN: listen = '127.0.0.1', SHOP_PORT: port = '5432' } = process.env;

await mkdir(ACCOUNTS_FOLDER, { recursive: true, mode: 0o700 });
// The folder itself is where a volume is mounted: it cannot be removed.
for (const stale of await readdir(ACCOUNTS_FOLDER)) await rm(path.join(ACCOUNTS_FOLDER, stale));
const folders = { credentials: ACCOUNTS_FOLDER, postgresCertificates: serverFolder('postgres') };
const shop = await startShop(folders, { name: 'postgres', listen, port: Number(port) });
try {
  await shop.fill();
  await writeFile(SHOP_READY_FILE, '');
  console.log(`PostgreSQL 18 with the shop, on ${listen}:${port}`);
  if (!(await untilStopped(shop.server.ended))) process.exitCode = 1;
} finally {
  await rm(SHOP_READY_FILE, { force: true });
  await shop.server.stop();
}
