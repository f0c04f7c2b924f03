/** Names that somebody else chose, resolved once: what was looked at is what is connected to, so that no second answer can differ. */
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { createAddressPolicy } from '../../../addresses/address-policy.ts';
import type { HostLookup } from '../../protocol.ts';
import { HttpUpstreamError } from './errors.ts';
import { LookupSlots } from './lookup-slots.ts';

/** How a name is resolved. */
export interface Resolving {
  /** Addresses that are permitted beside those of the public internet. */
  readonly allowed: readonly string[];
  readonly lookup: HostLookup | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Half of the threads that Node has for files and names. */
const MOST_LOOKUPS = 2;
const slots = new LookupSlots(MOST_LOOKUPS);
/** Addresses of one name; more of them than this are not of use. */
const MOST_ADDRESSES = 32;

/**
 * All addresses of a host, each of them permitted. Rejects with HttpUpstreamError ERR_HTTP_UPSTREAM_ADDRESS where one is not:
 * whoever mixes them into an answer means them to be used.
 * @param host a name, or an address without brackets
 */
export async function permittedAddresses(host: string, how: Resolving): Promise<readonly string[]> {
  const addresses = isIP(host) === 0 ? await resolved(host, how) : [host];
  const policy = createAddressPolicy(how.allowed);
  for (const address of addresses) {
    const reason = policy.refusal(address);
    if (reason === undefined) continue;
    const message = `${host} is ${address}, which is ${reason}, and not among allowAddresses`;
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_ADDRESS', message);
  }
  return addresses.slice(0, MOST_ADDRESSES);
}

/** Resolves any name to these addresses: for a socket that would ask again. */
export function answering(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (host, options, callback) => {
    const [first] = all;
    if (first === undefined) callback(new Error(`${host} has no address`), []);
    else if (options.all === true) callback(null, all);
    else callback(null, first.address, first.family);
  };
}

/** The system's own resolver cannot be stopped; it is not waited for. */
async function resolved(host: string, { lookup, timeoutMs, signal }: Resolving): Promise<readonly string[]> {
  let isWanted = true;
  const look =
    lookup ??
    ((name: string) =>
      slots.use(
        () => allOf(name),
        () => isWanted,
      ));
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  const timer = setTimeout(() => {
    reject(new HttpUpstreamError('ERR_HTTP_UPSTREAM_TIMEOUT', `${host} was not resolved in ${timeoutMs} ms`));
  }, timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const addresses = await Promise.race([unreachableIfFailed(host, look), promise]);
    if (addresses.length > 0) return addresses;
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_UNREACHABLE', `${host} has no address`);
  } finally {
    isWanted = false;
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

async function unreachableIfFailed(host: string, lookup: HostLookup): Promise<readonly string[]> {
  try {
    return await lookup(host);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown failure';
    const message = `${host} cannot be resolved: ${code}`;
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_UNREACHABLE', message, cause);
  }
}

async function allOf(host: string): Promise<readonly string[]> {
  const found = await systemLookup(host, { all: true });
  return found.map(({ address }) => address);
}
