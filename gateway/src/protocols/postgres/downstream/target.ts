/** What a client asks to open: `database` names the resource, `user` the account; neither is an identity (P11). */
import type { StartupMessage } from '../wire/startup.ts';

/** A requested target, not yet judged. */
export interface Target {
  readonly resource: string;
  /** Absent: the resource's own default database. */
  readonly database: string | undefined;
  readonly account: string;
}

/** Reads the target from the startup parameters: `database` is `resource` or `resource/database`. */
export function readTarget(startup: StartupMessage): Target | undefined {
  const account = startup.parameters.get('user') ?? '';
  if (account === '') return undefined;
  const named = startup.parameters.get('database') ?? account;
  const slash = named.indexOf('/');
  if (slash === -1) return { resource: named, database: undefined, account };
  return { resource: named.slice(0, slash), database: named.slice(slash + 1), account };
}
