/**
 * What a resource is protected by, for clients without a token (RFC 9728): a document beside each resource, and the challenge
 * that leads to it. It is the same for every name, so it tells nobody which resources there are.
 */
import type { JsonObject } from '../../../model/json.ts';
import type { RequestHead } from '../wire/head/request-head.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
/** A resource, or what stands for one: nothing else goes into a document and a header. */
const RESOURCE = /^\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}(?=[/?]|$)/;

/** Where the client sees the gateway. */
export interface SeenAt {
  readonly scheme: 'http' | 'https';
  /** Resources by host name. */
  readonly hosts: Readonly<Record<string, string>>;
}

/** The document that is asked for, or undefined where something else is. */
export function resourceMetadata(
  head: RequestHead,
  seenAt: SeenAt,
  issuers: readonly string[],
): JsonObject | undefined {
  const { method, target } = head;
  if ((method !== 'GET' && method !== 'HEAD') || target.form !== 'origin') return undefined;
  if (!target.path.startsWith(WELL_KNOWN)) return undefined;
  const path = target.path.slice(WELL_KNOWN.length);
  const isWhole = path === '' ? isResourceHost(head, seenAt) : RESOURCE.exec(path)?.[0] === path;
  if (!isWhole) return undefined;
  return {
    resource: `${originOf(head, seenAt)}${path}`,
    authorization_servers: [...issuers],
    bearer_methods_supported: ['header'],
  };
}

/** Where the document of what was asked for is; undefined where the request names nothing that could have one. */
export function metadataUrl(head: RequestHead, seenAt: SeenAt): string | undefined {
  const { target } = head;
  if (target.form !== 'origin') return undefined;
  const path = isResourceHost(head, seenAt) ? '' : RESOURCE.exec(target.path)?.[0];
  return path === undefined ? undefined : `${originOf(head, seenAt)}${WELL_KNOWN}${path}`;
}

function isResourceHost({ authority }: RequestHead, { hosts }: SeenAt): boolean {
  return Object.hasOwn(hosts, authority.host);
}

function originOf({ authority: { host, port } }: RequestHead, { scheme }: SeenAt): string {
  return `${scheme}://${host}${port === undefined ? '' : `:${port}`}`;
}
