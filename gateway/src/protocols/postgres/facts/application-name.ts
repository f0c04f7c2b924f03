/** The session id in the server's `application_name`, in front of whatever the client calls itself. */
import type { Statement } from './statement.ts';

/** PostgreSQL cuts application_name to NAMEDATALEN - 1 bytes. */
const MAX_BYTES = 63;

/** The name the server sees: `sallyport/<session>`, then the client's own name as far as it fits. */
export function applicationName(sessionId: string, client: string): string {
  const own = client.replace(/[^\x20-\x7e]/g, '?').trim();
  return `sallyport/${sessionId}${own === '' ? '' : ` ${own}`}`.slice(0, MAX_BYTES);
}

/** The gateway's form of a lone `SET application_name`; undefined for every other text. */
export function canonicalApplicationName(statement: Statement, sessionId: string): string | undefined {
  const [info, ...others] = statement.infos;
  const [setting, ...more] = info?.settings ?? [];
  if (info?.kind !== 'SET' || others.length > 0 || setting?.name !== 'application_name' || more.length > 0) {
    return undefined;
  }
  const name = applicationName(sessionId, setting.value ?? '').replaceAll("'", "''");
  return `SET ${setting.scope === 'local' ? 'LOCAL ' : ''}application_name = '${name}'`;
}
