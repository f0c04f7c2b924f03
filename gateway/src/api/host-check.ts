import { ApiError } from './errors.ts';

/** By which names and from which pages a request came. */
export interface RequestOrigin {
  /** The `Host` header. */
  readonly host: string | undefined;
  /** The `Origin` header: only browsers send it. */
  readonly origin: string | undefined;
  /** The address of the gateway that the connection came to. */
  readonly localAddress: string;
}

/**
 * Refuses requests that a browser was tricked into: through a name of the attacker's that resolves to the gateway
 * (DNS rebinding), or from a page of another origin. No answer of the API has CORS headers, so such a page could not
 * read it, but it must not cause anything either.
 * @param names host names and addresses by which the gateway may be called
 * @throws ApiError `ERR_API_HOST`, `ERR_API_ORIGIN`
 */
export function checkOrigin({ host, origin, localAddress }: RequestOrigin, names: ReadonlySet<string>): void {
  const name = host === undefined ? undefined : hostName(host);
  if (name === undefined || !(names.has(name) || name === 'localhost' || name === localAddress)) {
    throw new ApiError(
      'ERR_API_HOST',
      'this is not a name of the gateway; call it by its address, or add the name to `api.names` in its config',
    );
  }
  if (origin !== undefined && origin.toLowerCase() !== `https://${host?.toLowerCase() ?? ''}`) {
    throw new ApiError('ERR_API_ORIGIN', 'pages of other origins may not use the API');
  }
}

/** The names of a config as {@link checkOrigin} compares them; the addresses that mean any address name nothing. */
export function toHostNames(names: readonly string[]): ReadonlySet<string> {
  return new Set(
    names.map((name) => name.toLowerCase()).filter((name) => name !== '0.0.0.0' && name !== '::'),
  );
}

/** Name or address of a `Host` header (RFC 9110 section 7.2) in lower case, without port; undefined if it is none. */
function hostName(host: string): string | undefined {
  const [, ipv6, name] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]{1,5})?$/i.exec(host) ?? [];
  return (ipv6 ?? name)?.toLowerCase();
}
