/** Tokens of `sallyport login`, each for one API: in one file that the user alone may read. */
import { z } from 'zod';
import { configFolder, readOwnFile, writeOwnFile } from './config-folder.ts';
import { CliError } from './errors.ts';

/** A login at one gateway. */
export interface StoredLogin {
  readonly token: string;
  /** Milliseconds since the epoch, as the token says; absent where it does not. */
  readonly expiresAtMs?: number | undefined;
  readonly issuer: string;
  /** PEM file of the CA of its API. */
  readonly ca?: string | undefined;
}

interface Logins {
  /** The API of the last login. */
  readonly current: string;
  /** By origin of the API. */
  readonly logins: Readonly<Record<string, StoredLogin>>;
}

const FILE = 'login.json';
const schema: z.ZodType<Logins> = z.object({
  current: z.string(),
  logins: z.record(
    z.string(),
    z.object({
      token: z.string(),
      expiresAtMs: z.number().optional(),
      issuer: z.string(),
      ca: z.string().optional(),
    }),
  ),
});

/** The login for an API, or the last one where none is named; undefined where there is none. @throws CliError */
export async function storedLogin(
  api: string | undefined,
): Promise<(StoredLogin & { readonly api: string }) | undefined> {
  const stored = await readLogins();
  const origin = api === undefined ? stored?.current : URL.parse(api)?.origin;
  const login = origin === undefined ? undefined : stored?.logins[origin];
  return origin === undefined || login === undefined ? undefined : { ...login, api: origin };
}

/** Keeps a login, and makes it the current one. @returns the file */
export async function storeLogin(api: string, login: StoredLogin): Promise<string> {
  const stored = await readLogins();
  const logins: Logins = { current: api, logins: { ...stored?.logins, [api]: login } };
  return writeOwnFile(configFolder(), FILE, `${JSON.stringify(logins, undefined, 2)}\n`);
}

/** Forgets the login for an API. @returns whether there was one */
export async function forgetLogin(api: string): Promise<boolean> {
  const stored = await readLogins();
  if (stored?.logins[api] === undefined) return false;
  const { [api]: _, ...logins } = stored.logins;
  const current = stored.current === api ? (Object.keys(logins)[0] ?? '') : stored.current;
  await writeOwnFile(configFolder(), FILE, `${JSON.stringify({ current, logins }, undefined, 2)}\n`);
  return true;
}

async function readLogins(): Promise<Logins | undefined> {
  const text = await readOwnFile(configFolder(), FILE);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${FILE} in ${configFolder()} cannot be read; delete it and log in again`,
    );
  }
}
