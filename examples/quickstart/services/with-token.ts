/**
 * Becomes another program that has a token: `with-token.ts CLIENT SCRIPT [ARGUMENTS]`. The token is of the client credentials grant
 * at `ISSUER`, for an hour; the program finds it as `SALLYPORT_TOKEN`, and as `PGPASSWORD`, which clients of PostgreSQL take.
 */
import { readFile } from 'node:fs/promises';
import { requestToken } from '../identity/request-token.ts';
import { clientSecretFile } from './places.ts';

const [client = '', ...command] = process.argv.slice(2);
const { ISSUER: issuer = '' } = process.env;
const secret = (await readFile(clientSecretFile(client), 'utf8')).trim();
const token = await requestToken(issuer, { id: client, secret });
const { execve, argv0, execPath, env } = process;
if (execve === undefined) throw new TypeError('this system cannot replace a process');
execve(execPath, [argv0, ...process.execArgv, ...command], {
  ...env,
  SALLYPORT_TOKEN: token,
  PGPASSWORD: token,
});
