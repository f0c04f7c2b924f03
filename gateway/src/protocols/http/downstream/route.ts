/** Which resource a request is for, and what of its target is the service's own. */
import type { Destination } from '../destinations/destinations.ts';
import { HttpError } from '../errors.ts';
import type { RequestHead } from '../wire/head/request-head.ts';

/** A request's way to a resource. */
export interface Route {
  readonly resource: string;
  /** What stands in front of the service's own paths; empty where the host names the resource. */
  readonly prefix: string;
  /** Of a proxy: the place that was named, which belongs to the resource. */
  readonly destination?: Destination;
  /** Why the request has no one meaning, whatever else it says. */
  readonly misdirection?: string;
  /** The target as the service would see it, unread: in origin form, or `*`. */
  readonly target: string;
}

/**
 * By host name where the listener has one for it, else by the first segment of the path, which is compared as it was sent: what is
 * left is brought into its one form afterwards, so that no dot segment leads from one resource to another.
 * @throws HttpError ERR_HTTP_UNKNOWN_RESOURCE
 */
export function routeOf(head: RequestHead, hosts: Readonly<Record<string, string>>): Route {
  const target = originForm(head);
  const byHost = Object.hasOwn(hosts, head.authority.host) ? hosts[head.authority.host] : undefined;
  if (byHost !== undefined) return { resource: byHost, prefix: '', target };
  const [, resource, rest = ''] = /^\/([A-Za-z0-9_][A-Za-z0-9_.-]{0,62})(?=[/?]|$)(.*)$/s.exec(target) ?? [];
  if (resource === undefined) throw unknownResource();
  return { resource, prefix: `/${resource}`, target: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Told for a resource that there is not. */
export function unknownResource(): HttpError {
  const message = 'no resource that you may open is named by the host or the first segment of the path';
  return new HttpError('ERR_HTTP_UNKNOWN_RESOURCE', 404, message);
}

/** The target without scheme and host: in origin form, or `*`. @throws HttpError for a target that is only a host */
export function originForm({ target }: RequestHead): string {
  if (target.form === 'origin' || target.form === 'asterisk') return target.raw;
  if (target.form === 'authority') throw unknownResource();
  const path = target.path === '' ? '/' : target.path;
  return target.query === undefined ? path : `${path}?${target.query}`;
}
