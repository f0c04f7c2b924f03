/** PostgreSQL under the conformance suite. */
import { randomUUID } from 'node:crypto';
import { startTestGateway } from '../support/gateway.ts';
import { rawLogin } from '../support/raw-client.ts';
import type { ConformanceDriver, ConformanceSite } from './driver.ts';
import { obligeBy } from './policy-in-force.ts';
import { READING_FEATURES } from './postgres/features.ts';
import { POSTGRES_GAPS } from './postgres/gaps.ts';
import { OTHER_FEATURES } from './postgres/more-features.ts';
import { POLICIES } from './postgres/policies.ts';
import { connectPostgres } from './postgres/postgres-connection.ts';
import { FIRST_STORED_ID, TABLES_SQL } from './postgres/tables.ts';

async function start(): Promise<ConformanceSite> {
  const gateway = await startTestGateway({
    setUp: TABLES_SQL,
    api: {},
    identity: { expiryGraceMs: 0 },
  });
  return {
    gateway,
    oblige: obligeBy(gateway, POLICIES),
    async connect({ expiresIn = 600, run = randomUUID() } = {}) {
      // A principal may have so many requests for approval open: each run is of one of its own.
      const claims = { sub: `agent of ${run}`, run_id: run, expiresIn };
      return connectPostgres(await rawLogin(gateway, { token: await gateway.issuer.token(claims) }));
    },
    async hasUpstream(session) {
      const text = `SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'sallyport/${session}%'`;
      return (await gateway.postgres.query(text)).length > 0;
    },
    async takeStored(target) {
      const text = `DELETE FROM t_${target} WHERE id >= ${FIRST_STORED_ID} RETURNING id`;
      return target === 'slow' ? 0 : (await gateway.postgres.query(text)).length;
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** PostgreSQL: its features, its codes, and a gateway in front of a real server. */
export const postgresDriver: ConformanceDriver = {
  protocol: 'PostgreSQL',
  features: [...READING_FEATURES, ...OTHER_FEATURES],
  gaps: POSTGRES_GAPS,
  codes: { denied: '42501', pending: 'SPA01', expired: '28000', unmaskable: ['42501'] },
  tellsKill: true,
  cuts: 'connection',
  closesAtExpiry: true,
  keepsUpstream: true,
  cannotFulfil: [],
  start,
};
