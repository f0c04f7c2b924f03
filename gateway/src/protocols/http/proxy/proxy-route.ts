/** From a request of a proxy's client to a place, and from there to the service's own paths. */
import { type Reading, unread } from '../../../documents/reading.ts';
import type { Destination } from '../destinations/destinations.ts';
import { originForm, type Route } from '../downstream/route.ts';
import { HttpError } from '../errors.ts';
import { type Authority, readAuthority } from '../facts/authority.ts';
import { serviceUrl } from '../upstream/service-url.ts';
import type { RequestHead } from '../wire/head/request-head.ts';

/** Whether a request is for a proxy: it names a place to go to (RFC 9112 sections 3.2.2 and 3.2.3). */
export function isForProxy({ target }: RequestHead): boolean {
  return target.form === 'authority' || target.form === 'absolute';
}

/** The place that a request is for, in its one form: `Host` and target were compared, and the port goes without saying. */
export function placeOf({ target, authority }: RequestHead): Reading<Authority> {
  const { host, port } = authority;
  const scheme = target.form === 'absolute' ? target.scheme : 'https';
  if (target.form === 'authority' && port === undefined) return unread('a tunnel without port');
  return readAuthority(port === undefined ? host : `${host}:${port}`, scheme);
}

/** The way of a request to the place that it names, or that its tunnel leads to. */
export function routeTo(destination: Destination, head: RequestHead, misdirection?: string): Route {
  const { configured } = destination;
  const { basePath } = serviceUrl(configured.config);
  const route = { resource: configured.resource.name, destination };
  // Answers lead back to the whole path: the client knows no other.
  if (head.method === 'CONNECT') return { ...route, prefix: basePath, target: '/' };
  const target = originForm(head);
  const rest = target === '*' ? target : below(basePath, target);
  const reason = misdirection ?? misdirected(destination, head) ?? (rest === undefined ? OUTSIDE : undefined);
  return {
    ...route,
    prefix: basePath,
    target: rest ?? target,
    ...(reason === undefined ? {} : { misdirection: reason }),
  };
}

const OUTSIDE = 'a path that is not below the one of the resource';

/** The path that the service's rules know; compared as it was sent: what is left is brought into its one form afterwards. */
function below(basePath: string, target: string): string | undefined {
  if (!target.startsWith(basePath)) return undefined;
  const rest = target.slice(basePath.length);
  if (rest.startsWith('/')) return rest;
  return rest === '' || rest.startsWith('?') ? `/${rest}` : undefined;
}

/** One place was permitted; a request for another one behind the same address is not (domain fronting). */
function misdirected({ authority, scheme }: Destination, head: RequestHead): string | undefined {
  const { host, port } = head.authority;
  const named = readAuthority(port === undefined ? host : `${host}:${port}`, scheme);
  if (!named.ok) return named.reason;
  if (named.value.host !== authority.host || named.value.port !== authority.port) {
    return 'a host that is not the one of the tunnel';
  }
  const { target } = head;
  return target.form === 'absolute' && target.scheme !== scheme
    ? 'a scheme that is not the one of the tunnel'
    : undefined;
}

/** What a client is told of a place that no resource names. */
export function unknownDestination(
  place: string,
  reason = 'no resource that you may use names it',
): HttpError {
  const message = `${place} is refused: ${reason}. Do not retry. Use a destination that you were given, or ask your administrator for this one.`;
  return new HttpError('ERR_HTTP_DESTINATION', 403, message);
}
