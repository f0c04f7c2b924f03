/**
 * What the network of a container does for the process in it, for a process that has none: names of other services lead to their
 * addresses, names of services on other networks lead nowhere, and to listen everywhere is to listen on the own address. Loaded before
 * the program (`--import`); `SALLYPORT_SERVICE_NETWORK` says who is where.
 */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

interface ServiceNetwork {
  readonly own: string;
  /** Address of each name that can be reached, and null of those that cannot. */
  readonly names: Readonly<Record<string, string | null>>;
}

const { own, names } = JSON.parse(process.env['SALLYPORT_SERVICE_NETWORK'] ?? '{}') as ServiceNetwork;

function addressOf(name: string): string {
  if (name === 'localhost') return own;
  const address = names[name];
  // RFC 6761 section 6.4: a name that leads nowhere, by anybody's word.
  return address === null ? `${name}.invalid` : (address ?? name);
}

const { lookup } = dns;
const promised = dns.promises.lookup;
dns.lookup = ((name: string, ...more: unknown[]) =>
  (lookup as (...all: unknown[]) => void)(addressOf(name), ...more)) as typeof dns.lookup;
dns.promises.lookup = ((name: string, ...more: unknown[]) =>
  (promised as (...all: unknown[]) => unknown)(addressOf(name), ...more)) as typeof dns.promises.lookup;

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (this: net.Server, ...all: unknown[]): net.Server {
  const here = (value: unknown): unknown => (value === '0.0.0.0' ? own : value);
  const mapped = all.map((one) =>
    typeof one === 'object' && one !== null && 'host' in one ? { ...one, host: here(one.host) } : here(one),
  );
  return (listen as (...words: unknown[]) => net.Server).apply(this, mapped);
} as typeof listen;
syncBuiltinESMExports();
