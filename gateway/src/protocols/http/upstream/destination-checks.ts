/** What `sallyport doctor` finds of a resource that is many places. */
import type { CheckResult } from '../../../model/check-result.ts';
import type { Clock } from '../../../model/clock.ts';
import type { HostLookup } from '../../protocol.ts';
import type { HttpDestinationsConfig } from '../config.ts';
import { readDestinationPattern } from '../destinations/destination-pattern.ts';
import { checkCredentials } from './credential-checks.ts';
import { permittedAddresses } from './permitted-addresses.ts';

/** Names that are looked up; of more of them nobody reads the results. */
const MOST_NAMES = 50;

/** Obtains its credential, and resolves each place that has a name of its own, as the gateway would. Never rejects. */
export async function checkDestinations(
  check: string,
  config: HttpDestinationsConfig,
  how: { readonly clock: Clock; readonly signal: AbortSignal; readonly lookup?: HostLookup },
): Promise<readonly CheckResult[]> {
  const { destinations, inspect: _inspect, ...rest } = config;
  const { results } = await checkCredentials(check, { ...rest, url: 'https://destination/' }, how);
  const names = hostsOf(destinations).slice(0, MOST_NAMES);
  const problems = (await Promise.all(names.map((host) => problemOf(host, config, how)))).filter(
    (problem) => problem !== undefined,
  );
  const wildcards = destinations.filter((text) => text.startsWith('*')).length;
  const message = `${names.length - problems.length} of ${names.length} hosts lead to addresses that are permitted; ${wildcards} wildcards are looked up when clients ask`;
  const remedy = 'correct `destinations`, or add the address to `allowAddresses`';
  return [
    ...results,
    ...problems.map((problem): CheckResult => ({ check, level: 'warn', message: problem, remedy })),
    { check, level: 'ok', message },
  ];
}

function hostsOf(destinations: readonly string[]): readonly string[] {
  const hosts = destinations.flatMap((text) => {
    const pattern = readDestinationPattern(text);
    return pattern.ok && !pattern.value.isWildcard ? [pattern.value.host.replace(/^\[(.*)\]$/, '$1')] : [];
  });
  return [...new Set(hosts)];
}

async function problemOf(
  host: string,
  { allowAddresses: allowed, connectTimeoutMs: timeoutMs }: HttpDestinationsConfig,
  { signal, lookup }: { readonly signal: AbortSignal; readonly lookup?: HostLookup },
): Promise<string | undefined> {
  try {
    await permittedAddresses(host, { allowed, timeoutMs, signal, lookup });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
