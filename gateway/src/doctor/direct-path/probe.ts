/** The probe: runs at the agent's place, knows no config and no secret, and says what can be reached from there. */
import { hostname, networkInterfaces } from 'node:os';
import type { Reach } from '../../model/check-result.ts';
import { protocols } from '../../protocols/index.ts';
import { tryConnect } from '../port.ts';
import type { ProbeAnswer } from './answer.ts';
import { readChallenge } from './challenge.ts';

/** Probed at once; each takes seconds at most. */
const AT_ONCE = 16;

/** Looks at everything that a challenge asks for. @throws DoctorError `ERR_DOCTOR_CHALLENGE` */
export async function answerChallenge(challenge: string, nowMs: number): Promise<ProbeAnswer> {
  const { targets, controls } = readChallenge(challenge);
  return {
    sallyport: 'probe-1',
    challenge: challenge.trim(),
    at: new Date(nowMs).toISOString(),
    place: { host: hostname(), addresses: localAddresses() },
    targets: await inTurn(targets, async (target) => ({ target, ...(await probeTarget(target)) })),
    controls: await inTurn(controls, async (address) => {
      const colon = address.lastIndexOf(':');
      const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
      const problem = await tryConnect(host, Number(address.slice(colon + 1)));
      return { address, reached: problem === undefined, detail: problem ?? 'it answers' };
    }),
  };
}

/** Addresses of this machine but loopback. */
export function localAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
    .sort();
}

/** Probes one target, in seconds at most; never rejects. What is no URL of a known protocol is not understood, and so not proved closed. */
export async function probeTarget(target: string): Promise<Reach> {
  const url = URL.parse(target);
  const protocol = protocols.find(({ doctor }) => doctor.scheme === url?.protocol);
  if (url === null || protocol === undefined) {
    return { verdict: 'open', detail: 'not probed: this version of sallyport does not know the protocol' };
  }
  return protocol.doctor.probe?.(url) ?? probePort(url);
}

const NAME_UNKNOWN: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME']);

/** Whether a port takes connections: what it asks for then is its own. */
export async function probePort(target: URL): Promise<Reach> {
  // A URL leaves out the port of its scheme, which of all schemes here only HTTP has.
  const problem = await tryConnect(target.hostname.replace(/^\[|\]$/g, ''), Number(target.port || 80));
  if (problem === undefined) return { verdict: 'open', detail: 'it takes connections' };
  if (problem === 'ECONNREFUSED') return { verdict: 'closed', detail: problem };
  return { verdict: NAME_UNKNOWN.has(problem) ? 'unresolved' : 'filtered', detail: problem };
}

async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
  }
  return results;
}
