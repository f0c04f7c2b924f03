import { isIPv6 } from 'node:net';
import { onlyFrom } from '../../../../addresses/firewall.ts';
import type { ClosingLines } from '../../../protocol.ts';
import type { PostgresAccount, PostgresResourceConfig } from '../../config.ts';

/**
 * The lines that close the direct way to a server: pg_hba.conf, which lets the gateway's accounts in from the gateway only,
 * and nftables, which lets nobody else at the port.
 * @param gateway the gateway's addresses, as the server sees them
 */
export function closingLines(
  config: PostgresResourceConfig,
  gateway: readonly string[],
): readonly ClosingLines[] {
  return [
    {
      place: `pg_hba.conf of ${config.host}`,
      note: 'The first line that fits counts: put these above all others, then SELECT pg_reload_conf().',
      lines: config.accounts.flatMap((account) => hbaLines(config, account, gateway)),
    },
    {
      place: `nftables of ${config.host}`,
      note: 'Add whoever else has to reach the port: replicas, administrators, monitoring.',
      lines: onlyFrom(gateway, { port: config.port, chain: 'database' }),
    },
  ];
}

function hbaLines(
  config: PostgresResourceConfig,
  account: PostgresAccount,
  gateway: readonly string[],
): readonly string[] {
  const user = account.user ?? account.name;
  if (!isWritable(user))
    return [`# account ${JSON.stringify(user)} cannot be named in pg_hba.conf: rename it`];
  const kind = config.tls.mode === 'disable' ? 'host' : 'hostssl';
  const method = 'none' in account.credential ? 'cert' : 'scram-sha-256';
  const databases = databasesOf(config);
  return [
    ...gateway.map((address) => `${kind} ${databases} "${user}" ${withMask(address)} ${method}`),
    `host all "${user}" all reject`,
    `host replication "${user}" all reject`,
    `local all "${user}" reject`,
  ];
}

/** Names with globs cannot be written: `all`, and the gateway is the one that narrows. */
function databasesOf({ database, databases }: PostgresResourceConfig): string {
  const names = [...new Set([database, ...(databases ?? [])])];
  if (names.some((name) => name.includes('*') || !isWritable(name))) return 'all';
  return names.map((name) => `"${name}"`).join(',');
}

/** A quoted name of pg_hba.conf has no way to hold a quote or a line end. */
function isWritable(name: string): boolean {
  return !/["\r\n]/.test(name);
}

function withMask(address: string): string {
  return `${address}/${isIPv6(address) ? 128 : 32}`;
}
