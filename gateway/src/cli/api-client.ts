/** Requests to the HTTP API of a gateway, one bounded answer each: what commands that act on a running gateway use. */
import { readFile } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:https';
import { type Command, Option } from 'commander';
import { problemSchema } from '../api/contract/problem.ts';
import { CliError } from './errors.ts';
import { storedLogin } from './login-store.ts';
import { printable } from './printable.ts';

/** Options that say where the API is and who asks. */
export interface ApiOptions {
  readonly api?: string;
  readonly token?: string;
  readonly ca?: string;
}

/** What the API answered: its JSON, or why it refused. */
export type ApiAnswer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly status: number; readonly code: string; readonly detail: string };

const TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** Adds the options; each has an environment variable, because arguments can be seen by every user of the machine. */
export function apiOptions(command: Command): Command {
  return command
    .addOption(new Option('--api <url>', 'URL of the API, https://…').env('SALLYPORT_API'))
    .addOption(
      new Option('--token <token>', 'access token; better in the environment').env('SALLYPORT_TOKEN'),
    )
    .addOption(new Option('--ca <file>', 'PEM file of the CA to trust').env('SALLYPORT_CA'));
}

/**
 * Posts JSON to the API. The token goes to this one address over verified TLS only; redirects are not followed.
 * @throws CliError `ERR_CLI_USAGE` for options that make no sense, `ERR_CLI_API` when there is no usable answer
 */
export async function postToApi(options: ApiOptions, path: string, body: object): Promise<ApiAnswer> {
  const { url, request } = await apiTarget(options, path);
  const text = JSON.stringify(body);
  const headers = {
    ...request.headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  };
  return answerOf(url, await exchange(url, { ...request, method: 'POST', headers }, text));
}

/** Reads from the API; otherwise as {@link postToApi}. */
export async function getFromApi(options: ApiOptions, path: string): Promise<ApiAnswer> {
  const { url, request } = await apiTarget(options, path);
  return answerOf(url, await exchange(url, { ...request, method: 'GET' }));
}

/** Asks the API to take something away; otherwise as {@link postToApi}. */
export async function deleteFromApi(options: ApiOptions, path: string): Promise<ApiAnswer> {
  const { url, request } = await apiTarget(options, path);
  return answerOf(url, await exchange(url, { ...request, method: 'DELETE' }));
}

/**
 * Address and credentials of a request.
 * @throws CliError `ERR_CLI_USAGE` for options that make no sense
 */
export async function apiTarget(
  options: ApiOptions,
  path: string,
): Promise<{
  readonly url: URL;
  readonly request: RequestOptions & { readonly headers: Readonly<Record<string, string>> };
}> {
  // INVARIANT: a stored token goes to the API that it was stored for, and to no other.
  const stored = options.token === undefined ? await storedLogin(options.api) : undefined;
  const url = apiUrl(options.api ?? stored?.api, path);
  const token = (options.token ?? stored?.token ?? '').trim();
  if (!/^[\x21-\x7e]+$/.test(token)) {
    const message =
      'log in by `sallyport login`, or give an access token in `SALLYPORT_TOKEN`, or by `--token`';
    throw new CliError('ERR_CLI_USAGE', message);
  }
  if (stored?.expiresAtMs !== undefined && stored.expiresAtMs <= Date.now()) {
    throw new CliError('ERR_CLI_USAGE', `your login at ${url.origin} has ended: sallyport login`);
  }
  const file = options.ca === '' ? stored?.ca : (options.ca ?? stored?.ca);
  const ca = file === undefined ? {} : { ca: await readCa(file) };
  return { url, request: { headers: { authorization: `Bearer ${token}` }, agent: false, ...ca } };
}

/** Reads what the API tells to anybody: no token goes along. */
export async function getPublicFromApi(options: ApiOptions, path: string): Promise<ApiAnswer> {
  const url = apiUrl(options.api, path);
  const ca = (options.ca ?? '') === '' ? {} : { ca: await readCa(options.ca ?? '') };
  return answerOf(url, await exchange(url, { agent: false, ...ca, method: 'GET' }));
}

/** Origin of the API that is named. @throws CliError `ERR_CLI_USAGE` */
export function apiOrigin(api: string | undefined): string {
  return apiUrl(api, '/').origin;
}

/** The error for an answer that says no. */
export function refusedByApi({ detail, code }: { readonly detail: string; readonly code: string }): CliError {
  return new CliError('ERR_CLI_API', `the API refused: ${printable(detail, 400)} (${printable(code, 80)})`);
}

/** The API's way to say that something does not count: no trouble, but a no, in words. @throws CliError where there is trouble */
export function answeredNo(answer: Extract<ApiAnswer, { readonly ok: false }>): string {
  const isNo = answer.status < 500 && answer.code.startsWith('ERR_APPROVALS_');
  if (!isNo) throw refusedByApi(answer);
  return `${printable(answer.detail, 400)} (${printable(answer.code, 80)})\n`;
}

/** The error for an answer that cannot be used. */
export function unusable(url: URL, reason: string): CliError {
  return new CliError(
    'ERR_CLI_API',
    `the API at ${url.origin} gave no usable answer: ${printable(reason, 300)}`,
  );
}

function answerOf(
  url: URL,
  { status, answer }: { readonly status: number; readonly answer: unknown },
): ApiAnswer {
  if (status >= 200 && status < 300) return { ok: true, body: answer };
  const problem = problemSchema.safeParse(answer);
  if (problem.success) return { ok: false, status, code: problem.data.code, detail: problem.data.detail };
  throw unusable(url, `it answered ${status}, and not as an API of Sallyport does`);
}

function apiUrl(api: string | undefined, path: string): URL {
  const base = URL.parse(api ?? '');
  if (base?.protocol !== 'https:' || base.username !== '' || base.password !== '') {
    const given = api === undefined || api === '' ? '' : '; what was given is none, or has a login in it';
    throw new CliError(
      'ERR_CLI_USAGE',
      `give the URL of the API, https://…, in \`SALLYPORT_API\`, or by \`--api\`${given}`,
    );
  }
  return new URL(path, base.origin);
}

async function readCa(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('ERR_CLI_USAGE', `cannot read the file of \`--ca\`: ${reason}`);
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new CliError('ERR_CLI_USAGE', `the file of \`--ca\` has no certificate in PEM: ${file}`);
}

/** What TLS says of a certificate that nothing vouches for. */
const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

function reasonOf(error: NodeJS.ErrnoException): string {
  if (!UNTRUSTED.has(error.code ?? '')) return error.message;
  return 'no CA that is trusted here signed its certificate; name the file of its CA in `SALLYPORT_CA`, or by `--ca`';
}

function exchange(
  url: URL,
  options: RequestOptions,
  body?: string,
): Promise<{ readonly status: number; readonly answer: unknown }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; answer: unknown }>();
  const fail = (error: Error): void => reject(unusable(url, reasonOf(error)));
  const outgoing = request(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }, (incoming) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) incoming.destroy(new Error('its answer is too large'));
      else chunks.push(chunk);
    });
    incoming.on('error', fail);
    incoming.on('end', () => {
      resolve({
        status: incoming.statusCode ?? 0,
        answer: parseJson(Buffer.concat(chunks).toString('utf8')),
      });
    });
  });
  outgoing.on('error', fail);
  outgoing.end(body);
  return promise;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
