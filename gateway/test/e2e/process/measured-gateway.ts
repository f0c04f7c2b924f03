/** A gateway process under attack: what must hold of it before, between and after the attacks. */
import type pg from 'pg';
import { expect } from 'vitest';
import { RawClient, type RawLogin, rawLogin } from '../../support/raw-client.ts';
import type { GatewayProcess, Memory } from './gateway-process.ts';
import { type GatewaySite, MEASURED, prepareSite, type SiteOptions } from './gateway-site.ts';

/** The gateway, and a session on it that is served from the first attack to the last. */
export interface MeasuredGateway {
  readonly site: GatewaySite;
  readonly gateway: GatewayProcess;
  readonly bystander: pg.Client;
  /** Good for an hour. */
  readonly token: string;
  /** Logs in; fails the test when that is refused. */
  connect(login?: Partial<RawLogin>): Promise<RawClient>;
  /** Bytes of memory more than before, after a collection of garbage. */
  growthSince(before: Memory): Promise<number>;
  /** The bystander is served: for `afterEach`. */
  checkOthers(): Promise<void>;
  /** Stops it, and checks that it lived and complained of nothing that is its own fault: for `afterAll`. */
  stop(): Promise<void>;
}

/** Starts it. */
export async function startMeasuredGateway(options: SiteOptions): Promise<MeasuredGateway> {
  await using undo = new AsyncDisposableStack();
  const site = undo.use(await prepareSite(options));
  const gateway = undo.use(await site.start(MEASURED));
  const token = await site.issuer.token({ expiresIn: 3600 });
  const bystander = await gateway.connect({ token });
  // The first statement loads the parser, whose memory is there to stay.
  await bystander.query('SELECT 1');
  const owned = undo.move();
  return {
    site,
    gateway,
    bystander,
    token,
    async connect(login = {}) {
      const client = await RawClient.connect(await rawLogin(gateway, { token, ...login }));
      expect(client.greeting.status).toBe('I');
      return client;
    },
    async growthSince(before) {
      const { heapUsed, external } = await gateway.memory();
      return heapUsed + external - before.heapUsed - before.external;
    },
    async checkOthers() {
      expect((await bystander.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    },
    async stop() {
      await bystander.end();
      gateway.kill('SIGTERM');
      const ended = await gateway.ended();
      await owned.disposeAsync();
      expect({ code: ended.code, signal: ended.signal }).toEqual({ code: 0, signal: undefined });
      expect(ended.stderr).not.toMatch(/internal error|ERR_INTERNAL|unhandled|\n\s+at /i);
    },
  };
}
