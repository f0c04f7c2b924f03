/** HTTP under the conformance suite. */
import { randomUUID } from 'node:crypto';
import { type HttpGateway, startHttpGateway } from '../support/http-gateway.ts';
import type { ConformanceDriver, ConformanceSite } from './driver.ts';
import { READING_FEATURES } from './http/features.ts';
import { HttpTestConnection } from './http/http-connection.ts';
import type { HttpWire } from './http/http-wire.ts';
import { HTTP1_FEATURES } from './http/http1-features.ts';
import { Http1Wire } from './http/http1-wire.ts';
import { Http2Wire } from './http/http2-wire.ts';
import { INSPECTION_BYTES, OTHER_FEATURES } from './http/more-features.ts';
import { POLICIES } from './http/policies.ts';
import { ConformanceService } from './http/service.ts';
import { obligeBy } from './policy-in-force.ts';

async function start(dial: (gateway: HttpGateway) => Promise<HttpWire>): Promise<ConformanceSite> {
  const service = new ConformanceService();
  const gateway = await startHttpGateway({
    service: service.listener,
    listener: { allowLoopbackPlaintext: true },
    resource: { inspectionBytes: INSPECTION_BYTES, graphql: ['/graphql'], jsonRpc: ['/rpc'] },
    identity: { expiryGraceMs: 0 },
    api: {},
    recording: {},
  });
  const agents = new Map<string, string>();
  const isActive = (agent: string): boolean => (service.active.get(agent) ?? 0) > 0;
  return {
    gateway,
    oblige: obligeBy(gateway, POLICIES),
    async connect({ expiresIn = 600, run = randomUUID() } = {}) {
      // A principal may have so many requests for approval open: each run is of one of its own.
      const claims = { sub: `agent of ${run}`, run_id: run, expiresIn };
      const token = await gateway.issuer.token(claims);
      const onAgent = (session: string, agent: string): void => void agents.set(session, agent);
      const connection = new HttpTestConnection({
        gateway,
        token,
        onAgent,
        isActive,
        dial: () => dial(gateway),
      });
      // The session is opened by the first request; this one gets nothing of any target.
      await connection.ask({ path: '/nothing' });
      return connection;
    },
    hasUpstream: (session) => Promise.resolve(isActive(agents.get(session) ?? '')),
    takeStored: (target) => Promise.resolve(service.takeStored(target)),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

const HTTP = {
  gaps: [],
  codes: { denied: '403', pending: '403', expired: '401', unmaskable: ['403', '502'] },
  // An answer that has not begun is not owed to who is killed, and one that has begun cannot be told anything.
  tellsKill: false,
  // A client may go on with a new token.
  closesAtExpiry: false,
  // A service keeps nothing for a client that asks for nothing.
  keepsUpstream: false,
  // A response has no rows: a rule that bounds them denies.
  cannotFulfil: ['rows limit', 'affected rows'],
} as const;

/** HTTP/1.1: its features, its codes, and a gateway in front of a real server. */
export const httpDriver: ConformanceDriver = {
  ...HTTP,
  protocol: 'HTTP',
  features: [...READING_FEATURES, ...OTHER_FEATURES, ...HTTP1_FEATURES],
  cuts: 'connection',
  start: () => start((gateway) => Http1Wire.dial(gateway)),
};

/** The same over HTTP/2, with TLS. */
export const http2Driver: ConformanceDriver = {
  ...HTTP,
  protocol: 'HTTP/2',
  features: [...READING_FEATURES, ...OTHER_FEATURES],
  // Other streams of the connection may be of others.
  cuts: 'exchange',
  start: () => start((gateway) => Http2Wire.dial(gateway)),
};
