/** The second protected resource: the shop's internal service, and its credential in a file for the gateway. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type RunningApi, startApi } from '../api/server.ts';
import type { Folders } from './folders.ts';
import type { ShopResource } from './shop-resource.ts';

/** A running service, as the gateway's config needs it. */
export interface ServiceResource {
  readonly api: RunningApi;
  /** File with the credential that the service asks for: readable for the gateway, never for agents. */
  readonly credentialFile: string;
}

/** Starts the service on the shop's data, with a fresh credential. */
export async function startService(folders: Folders, shop: ShopResource): Promise<ServiceResource> {
  const credential = randomBytes(24).toString('base64url');
  const credentialFile = path.join(folders.credentials, 'shop-api');
  await mkdir(folders.credentials, { recursive: true, mode: 0o700 });
  await writeFile(credentialFile, credential, { mode: 0o600, flag: 'wx' });
  return { api: await startApi({ database: shop.service, credential }), credentialFile };
}
