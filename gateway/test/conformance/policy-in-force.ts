/** Puts the policies of obligations into force. */
import type { ConformanceGateway, ObligationName } from './driver.ts';

/** What a driver's site does to oblige the gateway: writes the policy of the obligation, and waits until it is in force. */
export function obligeBy(
  gateway: ConformanceGateway,
  policies: Readonly<Record<ObligationName, string>>,
): (obligation: ObligationName) => Promise<void> {
  let inForce = '';
  return async (obligation) => {
    const text = policies[obligation];
    // One that is in force already is not loaded again.
    if (text === inForce) return;
    const known = gateway.records().length;
    await gateway.setPolicy(text);
    const news = (await gateway.recordsUntil((records) => records.slice(known).some(isPolicyNews))).slice(
      known,
    );
    const rejected = news.find(({ type }) => type === 'policy.rejected');
    if (rejected !== undefined) throw new Error(`policy refused: ${JSON.stringify(rejected['errors'])}`);
    inForce = text;
  };
}

function isPolicyNews({ type }: Readonly<Record<string, unknown>>): boolean {
  return type === 'policy.loaded' || type === 'policy.rejected';
}
