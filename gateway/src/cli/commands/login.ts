import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { type LoginOffer, loginOfferSchema } from '../../api/contract/login.ts';
import { fetchJson, postForm } from '../../identity/json-fetch.ts';
import { finishCodeLogin, startCodeLogin } from '../../identity/login/code-flow.ts';
import { finishDeviceLogin, startDeviceLogin } from '../../identity/login/device-flow.ts';
import { discoverLogin, type LoginProvider } from '../../identity/login/provider.ts';
import { type ApiOptions, apiOptions, apiOrigin, getPublicFromApi, refusedByApi } from '../api-client.ts';
import type { CliContext, CliIo } from '../command.ts';
import { CliError } from '../errors.ts';
import { localTime, localZone } from '../local-time.ts';
import { forgetLogin, storeLogin } from '../login-store.ts';
import { hasBrowser, openBrowser, openLoopback } from '../loopback.ts';
import { printable } from '../printable.ts';
import { setupSshCertOptions, sshCertCommand } from './ssh-cert.ts';

/** Options of `login`. */
export interface LoginOptions extends ApiOptions {
  readonly issuer?: string;
  readonly issuerCa?: string;
  readonly browser?: boolean;
  readonly device?: boolean;
  readonly forget?: boolean;
  readonly ssh?: boolean;
  readonly dir?: string;
  readonly expiresIn: string;
}

const ASK_MS = 15_000;
const BROWSER_MS = 300_000;

/** Sets up `sallyport login`. */
export function setupLoginCommand(command: Command, context: CliContext): void {
  setupSshCertOptions(apiOptions(command))
    .option('--issuer <url>', 'identity provider, where the gateway has more than one')
    .option('--issuer-ca <file>', 'PEM file of the CA to trust for the identity provider')
    .option('--browser', 'log in in a browser on this machine')
    .option('--device', 'log in with a code that is typed in a browser anywhere')
    .option('--ssh', 'get a certificate for ssh right away, as `ssh-cert` does')
    .option('--forget', 'forget the token for this API')
    .action(async (options: LoginOptions) => {
      await loginCommand(options, context);
    });
}

/** Gets a token from the identity provider and keeps it for the other commands, readable by the user alone. */
export async function loginCommand(options: LoginOptions, context: CliContext): Promise<void> {
  const { io, setExitCode } = context;
  const api = apiOrigin(options.api);
  if (options.forget === true) {
    const isGone = await forgetLogin(api);
    io.stderr.write(isGone ? `forgot the login for ${api}\n` : `there is no login for ${api}\n`);
    if (!isGone) setExitCode(1);
    return;
  }
  const offer = await getPublicFromApi(options, '/v1/login');
  if (!offer.ok) throw refusedByApi(offer);
  const { issuer, ...login } = choose(loginOfferSchema.parse(offer.body), options.issuer);
  const transport = { fetch: fetchJson, post: postForm };
  const where = { issuer, login, ca: options.issuerCa };
  const provider = await discoverLogin(where, transport, AbortSignal.timeout(ASK_MS));
  const token = await (isByBrowser(options, provider) ? byBrowser(provider, io) : byDevice(provider, io));
  const expiresAtMs = expiryOf(token);
  const file = await storeLogin(api, { token, expiresAtMs, issuer, ca: options.ca });
  const until =
    expiresAtMs === undefined
      ? ''
      : ` until ${localTime(new Date(expiresAtMs).toISOString())} (${localZone()})`;
  io.stderr.write(`logged in to ${api}${until}; the token is in ${file}\n`);
  if (options.ssh === true) await sshCertCommand({ ...options, token }, context);
}

function choose({ issuers }: LoginOffer, wanted: string | undefined): LoginOffer['issuers'][number] {
  const fitting = issuers.filter(({ issuer }) => wanted === undefined || issuer === wanted);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  const names = issuers.map(({ issuer }) => printable(issuer, 200)).join(', ');
  throw new CliError(
    'ERR_CLI_USAGE',
    issuers.length === 0
      ? 'the gateway has no login: its config says for no issuer which client to log in as (`login.clientId`)'
      : `say by --issuer which of these: ${names}`,
  );
}

function isByBrowser({ browser, device }: LoginOptions, provider: LoginProvider): boolean {
  if (browser === true) return true;
  if (device === true || provider.authorizationEndpoint === undefined) return false;
  return provider.deviceEndpoint === undefined || hasBrowser();
}

async function byBrowser(provider: LoginProvider, { stderr }: CliIo): Promise<string> {
  await using loopback = await openLoopback();
  const login = startCodeLogin(provider, loopback.redirectUri);
  stderr.write(`log in in your browser; if it does not open, go to:\n\n  ${login.url}\n\n`);
  if (hasBrowser()) openBrowser(login.url);
  const query = await loopback.callback(login.state, BROWSER_MS);
  return finishCodeLogin(provider, login, query, { post: postForm, signal: AbortSignal.timeout(ASK_MS) });
}

async function byDevice(provider: LoginProvider, { stderr }: CliIo): Promise<string> {
  const login = await startDeviceLogin(provider, { post: postForm, signal: AbortSignal.timeout(ASK_MS) });
  stderr.write(`go to\n\n  ${login.verificationUri}\n\nand type the code\n\n  ${login.userCode}\n\n`);
  if (login.verificationUriComplete !== undefined)
    stderr.write(`or go to ${login.verificationUriComplete}\n`);
  const signal = AbortSignal.timeout(login.expiresInMs + ASK_MS);
  const wait = (ms: number): Promise<void> => sleep(ms, undefined, { signal });
  return finishDeviceLogin(provider, login, { post: postForm, signal, wait });
}

/** What the token says, for people: nothing is decided by it. */
function expiryOf(token: string): number | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const { exp } = payload as { readonly exp?: unknown };
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
