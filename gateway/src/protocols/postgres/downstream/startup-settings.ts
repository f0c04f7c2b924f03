/** Settings that a client asks for in its startup packet: judged like the SET statements they stand for. */
import { PostgresError } from '../errors.ts';
import type { StartupMessage } from '../wire/startup.ts';
import { parseOptions } from '../wire/startup-options.ts';

/** Parameters of the startup packet that are no settings. */
const NOT_SETTINGS: ReadonlySet<string> = new Set([
  'user',
  'database',
  'options',
  'application_name',
  'replication',
]);

/**
 * Connection options of libpq that some drivers (postgres.js) send on as startup parameters when they stand in a URL.
 * They mean nothing to a server and are dropped; every other unknown parameter is judged as a setting.
 */
const LIBPQ_OPTIONS: ReadonlySet<string> = new Set([
  'channel_binding',
  'connect_timeout',
  'gssencmode',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'krbsrvname',
  'load_balance_hosts',
  'max_protocol_version',
  'min_protocol_version',
  'passfile',
  'require_auth',
  'requirepeer',
  'ssl',
  'ssl_max_protocol_version',
  'ssl_min_protocol_version',
  'sslcert',
  'sslcompression',
  'sslcrl',
  'sslcrldir',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslpassword',
  'sslrootcert',
  'sslsni',
  'target_session_attrs',
  'tcp_user_timeout',
]);

/** Longest list of settings a client may send along (P10). */
const MAX_SETTINGS = 64;

/** A setting's name, as a SET statement could carry it. */
const NAME = /^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)*$/;

/** A requested setting, name folded to lower case. */
export interface RequestedSetting {
  readonly name: string;
  readonly value: string;
}

/**
 * All settings of a startup packet, in order, `options` included. Protocol extensions (`_pq_.`) are no settings.
 * @throws PostgresError when replication or an impossible name is asked for, or too many.
 */
export function readSettings(startup: StartupMessage): readonly RequestedSetting[] {
  const replication = startup.parameters.get('replication');
  if (replication !== undefined && !['false', 'off', 'no', '0'].includes(replication.toLowerCase())) {
    throw refuse('replication connections are not supported');
  }
  const settings: RequestedSetting[] = [];
  for (const [name, value] of startup.parameters) {
    if (!NOT_SETTINGS.has(name) && !LIBPQ_OPTIONS.has(name) && !name.startsWith('_pq_.'))
      settings.push(toSetting(name, value));
  }
  for (const [name, value] of parseOptions(startup.parameters.get('options') ?? '')) {
    settings.push(toSetting(name, value));
  }
  if (settings.length > MAX_SETTINGS)
    throw refuse(`more than ${MAX_SETTINGS} settings in the startup packet`);
  return settings;
}

/** The SET statement that a requested setting stands for. */
export function toSetStatement(setting: RequestedSetting): string {
  return `SET ${setting.name} = '${setting.value.replaceAll("'", "''")}'`;
}

function toSetting(name: string, value: string): RequestedSetting {
  const folded = name.toLowerCase();
  if (!NAME.test(folded)) throw refuse('the startup packet sets a parameter whose name no setting can have');
  return { name: folded, value };
}

function refuse(message: string): PostgresError {
  return new PostgresError('ERR_POSTGRES_HANDSHAKE', message, {
    source: 'downstream',
    publicMessage: message,
  });
}
