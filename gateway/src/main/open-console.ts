/** The web console, beside the API. */
import { join } from 'node:path';
import type { ApiConnection } from '../api/api-services.ts';
import type { ApiPlan } from '../config/api-schema.ts';
import { BrowserSessions } from '../console/browser-sessions.ts';
import { readConsoleFiles } from '../console/console-files.ts';
import { createConsole } from '../console/create-console.ts';
import { ConsoleError } from '../console/errors.ts';
import { IdentityProvider } from '../console/identity-provider.ts';
import { StateSeal } from '../console/sealed-state.ts';
import { fetchJson, postForm } from '../identity/json-fetch.ts';
import type { Parts } from './parts.ts';

/** Where `npm run build` puts the console. */
const FOLDER = join(import.meta.dirname, '..', '..', '..', 'console', 'dist');

/** Answers requests of a connection. */
export type ConsoleFetch = (request: Request, connection: ApiConnection) => Response | Promise<Response>;

/**
 * The console where the config asks for it, before the API.
 * @param names by which the gateway may be called
 * @throws ConsoleError `ERR_CONSOLE_ISSUER`, `ERR_CONSOLE_FILES`
 */
export function withConsole(
  api: ConsoleFetch,
  { console: plan }: ApiPlan,
  names: readonly string[],
  parts: Parts,
): ConsoleFetch {
  if (plan === undefined) return api;
  const { issuers } = parts.plan.identity;
  const issuer = plan.issuer === undefined ? issuers[0] : issuers.find((one) => one.issuer === plan.issuer);
  if (issuer === undefined) {
    throw new ConsoleError(
      'ERR_CONSOLE_ISSUER',
      `\`api.console.issuer\` is \`${plan.issuer ?? ''}\`, which is none of \`identity.issuers\`; spell it as there`,
    );
  }
  const login = plan.login ?? issuer.login;
  if (login === undefined) {
    throw new ConsoleError(
      'ERR_CONSOLE_ISSUER',
      `nobody can sign in at the console: give it a \`login\` with the \`clientId\` that ${issuer.issuer} knows it by`,
    );
  }
  const { clock, log } = parts;
  const provider = new IdentityProvider({
    issuer: { issuer: issuer.issuer, ca: issuer.ca, login },
    timeoutMs: issuer.discoveryTimeoutMs,
    fetch: fetchJson,
    post: postForm,
    clock,
  });
  const console = createConsole({
    issuer: issuer.issuer,
    provider,
    identity: parts.verifier,
    audit: parts.audit,
    failures: parts.failedAuthentications,
    seal: new StateSeal(clock),
    clock,
    files: readConsoleFiles(FOLDER),
    sessions: new BrowserSessions(clock),
    names,
    api,
    log,
  });
  return (request, connection) => console.fetch(request, connection) ?? api(request, connection);
}
