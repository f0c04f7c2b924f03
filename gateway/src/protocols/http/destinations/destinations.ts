/** Which resource a place belongs to that a client of the proxy names: the narrowest that is configured, or none. */
import type { ConfiguredResource } from '../../protocol.ts';
import type { HttpConfig, HttpResourceConfig } from '../config.ts';
import { type Authority, type Scheme, writeAuthority } from '../facts/authority.ts';
import { keyOf, keysOf, readDestinationPattern } from './destination-pattern.ts';

/** A place that a resource names. */
export interface Destination {
  readonly authority: Authority;
  /** What is spoken there. */
  readonly scheme: Scheme;
  /** The resource, as the service at this place. */
  readonly configured: ConfiguredResource<HttpResourceConfig>;
  /** Tunnels to it are opened: requests in them are judged one by one. */
  readonly isInspected: boolean;
}

/** What is known of a place; `ambiguous`: more than one resource names it as narrowly. */
export type Found =
  | { readonly kind: 'found'; readonly destination: Destination }
  | { readonly kind: 'unknown' | 'ambiguous' };

interface Entry {
  readonly resources: ConfiguredResource<HttpConfig>[];
  readonly scheme: Scheme;
}

/** Places of one resource whose names are not known in advance. */
const MOST_PLACES = 1000;
const NOT_FOUND: Found = { kind: 'unknown' };

/** The places of all resources. Deny is what it says of any other (P3). */
export class Destinations {
  readonly #entries = new Map<string, Entry>();
  /** By resource and place, the one that was asked for longest ago first: what is kept by config is then made once. */
  readonly #places = new Map<string, Destination>();

  constructor(resources: readonly ConfiguredResource<HttpConfig>[]) {
    for (const one of resources) {
      for (const { key, scheme } of placesOf(one.config)) {
        const entry = this.#entries.get(key) ?? { resources: [], scheme };
        if (!entry.resources.includes(one)) entry.resources.push(one);
        this.#entries.set(key, entry);
      }
    }
  }

  /** Places that more than one resource names, for the log. */
  get ambiguities(): readonly string[] {
    return [...this.#entries]
      .filter(([, { resources }]) => resources.length > 1)
      .map(([key, { resources }]) => `${key} (${resources.map(({ resource }) => resource.name).join(', ')})`);
  }

  /** @param scheme of the request; undefined for a tunnel, which does not say what is spoken in it */
  find(authority: Authority, scheme?: Scheme): Found {
    for (const key of keysOf(authority)) {
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      const [one, other] = entry.resources;
      if (one === undefined || other !== undefined) return { kind: 'ambiguous' };
      if (scheme !== undefined && scheme !== entry.scheme) return NOT_FOUND;
      return { kind: 'found', destination: this.#place(one, authority, entry.scheme) };
    }
    return NOT_FOUND;
  }

  #place(one: ConfiguredResource<HttpConfig>, authority: Authority, scheme: Scheme): Destination {
    const { resource, config } = one;
    const key = `${resource.name} ${authority.host}:${authority.port}`;
    const known = this.#places.get(key);
    const place = known ?? {
      authority,
      scheme,
      configured: { resource, config: serviceAt(config, authority) },
      isInspected: !('destinations' in config) || config.inspect,
    };
    this.#places.delete(key);
    this.#places.set(key, place);
    const [oldest] = this.#places.keys();
    if (this.#places.size > MOST_PLACES && oldest !== undefined) this.#places.delete(oldest);
    return place;
  }
}

/** A resource with many places, as the service at one of them. */
function serviceAt(config: HttpConfig, authority: Authority): HttpResourceConfig {
  if (!('destinations' in config)) return config;
  const { destinations: _places, inspect: _inspect, ...rest } = config;
  return { ...rest, url: `https://${writeAuthority(authority, 'https')}` };
}

function placesOf(config: HttpConfig): readonly { readonly key: string; readonly scheme: Scheme }[] {
  if (!('destinations' in config)) {
    const { protocol, hostname, port } = new URL(config.url);
    const scheme = protocol === 'https:' ? 'https' : 'http';
    const host = hostname.replace(/\.$/, '');
    const number = port === '' ? (scheme === 'https' ? 443 : 80) : Number(port);
    return [{ key: keyOf({ host, port: number, isWildcard: false }), scheme }];
  }
  return config.destinations.flatMap((text) => {
    const pattern = readDestinationPattern(text);
    return pattern.ok ? [{ key: keyOf(pattern.value), scheme: 'https' as const }] : [];
  });
}
