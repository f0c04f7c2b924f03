import type { ProtocolDoctor } from '../../../protocol.ts';
import type { PostgresResourceConfig } from '../../config.ts';
import { closingLines } from './closing-lines.ts';
import { examineResource } from './examine.ts';
import { probePostgres } from './probe.ts';

/** PostgreSQL's part of `sallyport doctor`. */
export const postgresDoctor: ProtocolDoctor<PostgresResourceConfig> = {
  scheme: 'postgres:',
  host: (config) => config.host,
  examine: examineResource,
  directTargets: (config, host) =>
    config.accounts.map((account) => {
      const name = host.includes(':') ? `[${host}]` : host;
      const target = new URL(`postgres://${name}:${config.port}/${encodeURIComponent(config.database)}`);
      target.username = encodeURIComponent(account.user ?? account.name);
      return target.href;
    }),
  probe: probePostgres,
  closingLines,
};
