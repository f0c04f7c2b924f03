import { clientHost } from '../api/api-resource.ts';
import type { ApiPlan } from '../config/api-schema.ts';

/** Base URL by which people have the console: at the first name of the API, else at its address. Undefined without a console. */
export function consoleAddress(api: ApiPlan | undefined): string | undefined {
  if (api?.console === undefined || api.listen.port === 0) return undefined;
  const host = api.names[0] ?? clientHost(api.listen.host, []);
  return new URL(`https://${host.includes(':') ? `[${host}]` : host}:${api.listen.port}/console`).href;
}

/**
 * Clients that people use themselves, the console's own among them: who asked at the console and who answers there are not one
 * because of it. Only one that was named for the console: agents may use the issuer's.
 */
export function clientsOfPeople(api: ApiPlan | undefined, configured: readonly string[]): readonly string[] {
  const own = api?.console?.login?.clientId;
  return own === undefined ? configured : [...configured, own];
}
