/** What must not reach a service, whatever the service takes bytes for: each attack over the wire, each reading of what arrived. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpAttack } from './cases/attack.ts';
import { BODIES } from './cases/bodies.ts';
import { CLAIM_ATTACKS } from './cases/claims.ts';
import { FRAMING } from './cases/framing.ts';
import { HOSTS } from './cases/hosts.ts';
import { METHOD_ATTACKS } from './cases/methods.ts';
import { PATHS } from './cases/paths.ts';
import { TOKENS } from './cases/tokens.ts';
import { HTTP_POLICY } from './policy.ts';
import { forbiddenIn } from './service-eyes.ts';
import { Witness } from './witness.ts';

let witness: Witness;

beforeAll(async () => {
  witness = await Witness.start({
    policy: HTTP_POLICY,
    listener: { hosts: { 'shop.internal': 'shop' } },
    resource: { graphql: ['/graphql'], jsonRpc: ['/rpc'] },
  });
});
afterAll(() => witness?.[Symbol.asyncDispose]());

async function expectHarmless({ bytes, reaches = [] }: HttpAttack): Promise<void> {
  const trace = await witness.attack(bytes((line, ...fields) => witness.head(line, ...fields)));
  expect(trace.permitted, trace.answered).toEqual(reaches);
  for (const [reader, seen] of Object.entries(trace.seen)) {
    expect(seen.map(forbiddenIn), reader).toEqual(seen.map(() => undefined));
    expect(
      seen.map(({ method, target }) => `${method} ${target}`),
      `${reader} sees what was judged, and nothing else`,
    ).toEqual(reaches);
  }
  expect(JSON.stringify(trace.seen), 'P6: no token').not.toContain(witness.token);
  if (reaches.length === 0) expect(trace.statuses.filter((status) => status < 400)).toEqual([]);
}

for (const [title, attacks] of Object.entries({
  'paths, class 17 (CVE-2026-26205, CVE-2023-33189)': PATHS,
  'methods and headers, class 17 (CVE-2026-40575, CVE-2025-64484)': METHOD_ATTACKS,
  'what only a proxy says, class 17 (CVE-2025-29927, CVE-2025-64484)': CLAIM_ATTACKS,
  'framing, class 10': FRAMING,
  'hosts, class 17': HOSTS,
  'bodies, classes 20 (GHSA-4gph-2hhr-5mwg, CVE-2026-27896) and 21': BODIES,
  'tokens, class 15 (CVE-2024-39315)': TOKENS,
})) {
  describe(title, () => {
    it.each(attacks)('P1 P2: $name', (attack) => expectHarmless(attack));
  });
}
