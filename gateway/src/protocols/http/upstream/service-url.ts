/** The URL of a service, taken apart once: it is looked at for each request. */
import type { HttpResourceConfig } from '../config.ts';

/** Where a service is. */
export interface ServiceUrl {
  readonly isTls: boolean;
  /** Name or address to connect to, IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** As `Host` has it: without the port that the scheme has by itself. */
  readonly host: string;
  readonly origin: string;
  /** In front of every path; without a slash at its end. */
  readonly basePath: string;
}

const DEFAULT_PORT = { 'http:': 80, 'https:': 443 } as const;
const known = new WeakMap<object, ServiceUrl>();

/** Takes the URL of a resource apart. The schema has checked it. */
export function serviceUrl(resource: Pick<HttpResourceConfig, 'url'>): ServiceUrl {
  let service = known.get(resource);
  if (service === undefined) {
    service = takeApart(resource.url);
    known.set(resource, service);
  }
  return service;
}

function takeApart(text: string): ServiceUrl {
  const { protocol, hostname, port, host, origin, pathname } = new URL(text);
  const isTls = protocol === 'https:';
  return {
    isTls,
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? DEFAULT_PORT[isTls ? 'https:' : 'http:'] : Number(port),
    host,
    origin,
    basePath: pathname.replace(/\/$/, ''),
  };
}
