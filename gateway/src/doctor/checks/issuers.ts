import { fetchIssuerKeys } from '../../identity/discovery.ts';
import type { IssuerConfig } from '../../identity/issuer-config.ts';
import { fetchJson } from '../../identity/json-fetch.ts';
import type { CheckResult } from '../../model/check-result.ts';
import { type DoctorContext, doubtful, reasonOf, well, wrong } from '../check.ts';

/** A Date header has whole seconds, and the way takes time. */
const WARN_SKEW_MS = 5_000;
const FAIL_SKEW_MS = 60_000;

/** The identity providers: reachable, with keys to verify by, and a clock like ours. */
export async function checkIssuers(context: DoctorContext): Promise<readonly CheckResult[]> {
  const results = await Promise.all(
    context.plan.identity.issuers.map((issuer) => checkIssuer(issuer, context)),
  );
  return results.flat();
}

async function checkIssuer(issuer: IssuerConfig, { clock, signal }: DoctorContext): Promise<CheckResult[]> {
  const check = `issuer ${issuer.issuer}`;
  let skewMs: number | undefined;
  try {
    const { keys, ignored } = await fetchIssuerKeys(
      issuer,
      (url, options) =>
        fetchJson(url, {
          ...options,
          onDate: (date) => {
            skewMs = Date.parse(date) - clock.nowMs();
          },
        }),
      AbortSignal.any([signal, AbortSignal.timeout(issuer.discoveryTimeoutMs)]),
    );
    return [
      keys.length === 0
        ? wrong(check, 'it publishes no key that can be used', 'see its key set, and `algorithms`')
        : well(check, `${keys.length} key${keys.length === 1 ? '' : 's'}`),
      ...ignored.slice(0, 10).map((reason) => doubtful(check, `not used: ${reason}`, 'see `algorithms`')),
      ...skew(check, skewMs),
    ];
  } catch (error) {
    return [wrong(check, reasonOf(error), 'check the network from here, the spelling of `issuer`, and `ca`')];
  }
}

function skew(check: string, skewMs: number | undefined): CheckResult[] {
  if (skewMs === undefined || !Number.isFinite(skewMs) || Math.abs(skewMs) < WARN_SKEW_MS) return [];
  const message = `its clock differs from the gateway's by ${Math.round(skewMs / 1000)} s: tokens may be refused`;
  return [(Math.abs(skewMs) >= FAIL_SKEW_MS ? wrong : doubtful)(check, message, 'run NTP on both')];
}
