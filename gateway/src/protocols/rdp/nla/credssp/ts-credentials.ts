/** What a client hands to the machine that it logs in to: TSCredentials with a password (MS-CSSP 2.2.1.2). */
import { inside, integer, octetString, sequence } from '../der/der-writer.ts';

/** Texts in UTF-16, lower byte first. */
export interface PasswordCredentials {
  readonly domain: Uint8Array;
  readonly user: Uint8Array;
  readonly password: Uint8Array;
}

const CREDENTIALS_PASSWORD = 1;

/** In bytes, which hold the password: to be sealed and zeroed. */
export function writeTsCredentials({ domain, user, password }: PasswordCredentials): Buffer {
  const parts = [octetString(domain), octetString(user), octetString(password)];
  const fields = parts.map((part, index) => inside(index, part));
  const inner = sequence(...fields);
  const wrapped = octetString(inner);
  const credentials = inside(1, wrapped);
  const outer = sequence(inside(0, integer(CREDENTIALS_PASSWORD)), credentials);
  for (const secret of [...parts, ...fields, inner, wrapped, credentials]) secret.fill(0);
  return outer;
}
