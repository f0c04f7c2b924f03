/** What a client asks to open: `database` names the resource, `user` the account; neither is an identity (P11). */
import { CREDENTIAL_ID } from '../../../credentials/session/credential-text.ts';
import type { StartupMessage } from '../wire/startup.ts';

/** A requested target, not yet judged. */
export interface Target {
  readonly resource: string;
  /** Absent: the resource's own default database. */
  readonly database: string | undefined;
  readonly account: string;
  /** Id of a session credential, from a user name `account+id`: a claim, until its secret is proved. */
  readonly credential: string | undefined;
}

/** Reads the target from the startup parameters: `database` is `resource` or `resource/database`. */
export function readTarget(startup: StartupMessage): Target | undefined {
  const user = startup.parameters.get('user') ?? '';
  if (user === '') return undefined;
  const { account, credential } = splitUser(user);
  const database = startup.parameters.get('database') ?? user;
  // libpq names the database like the user where nobody names one.
  const named = database === user ? account : database;
  const slash = named.indexOf('/');
  if (slash === -1) return { resource: named, database: undefined, account, credential };
  return { resource: named.slice(0, slash), database: named.slice(slash + 1), account, credential };
}

/**
 * Only what ends in `+` and the whole form of an id is a credential: accounts may have a plus of their own.
 * An account that looks like one is refused in the config.
 */
export function splitUser(user: string): {
  readonly account: string;
  readonly credential: string | undefined;
} {
  const plus = user.lastIndexOf('+');
  const id = user.slice(plus + 1);
  if (plus === -1 || !CREDENTIAL_ID.test(id)) return { account: user, credential: undefined };
  return { account: user.slice(0, plus), credential: id };
}
