import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../../../test/audit/audit-fixture.ts';
import { parseConfig } from '../../config/load-config.ts';
import { protocols } from '../../protocols/index.ts';
import type { DoctorContext } from '../check.ts';

/** The context of one check, over a data folder that is removed after the test. */
export function doctorContext(
  options: { readonly config?: object; readonly nowMs?: number; readonly isRunning?: boolean } = {},
): DoctorContext {
  const dataDir = path.join(temporaryFolder(), 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  const config = {
    dataDir,
    policy: { folder: path.join(dataDir, '..', 'policy') },
    identity: { issuers: [{ issuer: 'https://login.test', audience: ['a'] }] },
    listeners: [{ protocol: 'postgres', listen: '127.0.0.1:0' }],
    resources: [
      {
        name: 'shop',
        protocol: 'postgres',
        host: '127.0.0.1',
        database: 'shop',
        accounts: [{ name: 'app', credential: { env: 'APP' } }],
      },
    ],
    ...options.config,
  };
  const now = options.nowMs ?? Date.now();
  return {
    plan: parseConfig(JSON.stringify(config), { file: 'test.yaml', protocols }),
    clock: { nowMs: () => now },
    signal: new AbortController().signal,
    isRunning: options.isRunning ?? false,
  };
}
