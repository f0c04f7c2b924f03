import type { PostgresResourceConfig } from '../config.ts';
import { encodeStartup, MAX_STARTUP_PACKET_BYTES } from '../wire/startup.ts';
import { UpstreamError } from './errors.ts';

/**
 * Settings that the gateway relies on when it reads statements: what a string literal is, which bytes are which
 * characters, which schema an unqualified name is in. They come with the client's authority, which outranks
 * `ALTER ROLE … SET` and `ALTER DATABASE … SET`.
 */
export type PinnedSettings = ReadonlyMap<string, string>;

/** Startup parameters that are nobody's but the gateway's; names of settings are case-insensitive. */
const RESERVED: ReadonlySet<string> = new Set([
  'user',
  'database',
  'replication',
  'options',
  'application_name',
  'role',
  'session_authorization',
]);

const MAX_APPLICATION_NAME = 63;

/** The pinned settings of a resource. Schema names are quoted, so that each stays one name whatever it holds. */
export function pinnedSettings(resource: PostgresResourceConfig): PinnedSettings {
  return new Map([
    ['client_encoding', 'UTF8'],
    ['standard_conforming_strings', 'on'],
    ['search_path', resource.searchPath.map(quoteIdentifier).join(', ')],
  ]);
}

/** What a startup message is made of. */
export interface StartupSource {
  readonly minor: 0 | 2;
  readonly user: string;
  readonly database: string;
  readonly applicationName: string;
  readonly pinned: PinnedSettings;
  /** The client's parameters, vetted before. */
  readonly requested: ReadonlyMap<string, string>;
}

/**
 * Writes the startup message. A requested parameter that is the gateway's own to set, an extension (`_pq_.`) or not the
 * name of a setting is refused with ERR_UPSTREAM_PARAMETER although callers vet them: this is the last door. One that
 * asks for what is pinned anyway, as drivers do with `client_encoding`, is dropped.
 */
export function buildStartup(source: StartupSource): Buffer {
  const packet = encodeStartup({
    minor: source.minor,
    parameters: [
      ['user', source.user],
      ['database', source.database],
      ['application_name', toApplicationName(source.applicationName)],
      ...[...source.requested].filter(([name, value]) => isToBeSent(name, value, source.pinned)),
      ...source.pinned,
    ],
  });
  if (packet.length > MAX_STARTUP_PACKET_BYTES) {
    const message = `the startup packet is ${packet.length} bytes long, PostgreSQL takes ${MAX_STARTUP_PACKET_BYTES}`;
    throw new UpstreamError('ERR_UPSTREAM_PARAMETER', message);
  }
  return packet;
}

function isToBeSent(name: string, value: string, pinned: PinnedSettings): boolean {
  const lower = name.toLowerCase();
  const fixed = pinned.get(lower);
  if (fixed !== undefined && toPlainValue(value) === toPlainValue(fixed)) return false;
  const isSetting = /^[A-Za-z_][A-Za-z0-9_$.]*$/.test(name);
  if (isSetting && fixed === undefined && !RESERVED.has(lower) && !lower.startsWith('_pq_.')) return true;
  const message = `startup parameter ${JSON.stringify(name.slice(0, 64))} may not be passed upstream`;
  throw new UpstreamError('ERR_UPSTREAM_PARAMETER', message);
}

/** One spelling for the usual ones: UTF8, utf-8 and unicode; on, true and 1. Others stay as they are. */
function toPlainValue(value: string): string {
  if (/^(utf_?-?8|unicode)$/i.test(value)) return 'UTF8';
  return /^(on|true|yes|1)$/i.test(value) ? 'on' : value;
}

/** PostgreSQL cuts the name at 63 bytes and replaces all but printable ASCII; done here so that the log agrees. */
function toApplicationName(name: string): string {
  return name.replace(/[^\x20-\x7e]/gu, '?').slice(0, MAX_APPLICATION_NAME);
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
