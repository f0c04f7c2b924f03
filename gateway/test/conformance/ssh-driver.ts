/** SSH under the conformance suite. */
import { randomUUID } from 'node:crypto';
import { findTool, tools } from '../support/installed-tool.ts';
import { connectSsh2 } from '../support/ssh-clients.ts';
import { startSshGateway } from '../support/ssh-gateway.ts';
import { startTestSshd } from '../support/sshd.ts';
import { startTcpRelay } from '../support/tcp-relay.ts';
import type { ConformanceDriver, ConformanceSite } from './driver.ts';
import { obligeBy } from './policy-in-force.ts';
import { EXEC_FEATURES } from './ssh/features.ts';
import { sshPolicies } from './ssh/policies.ts';
import { SshTestConnection } from './ssh/ssh-connection.ts';
import { TargetFiles } from './ssh/targets.ts';

async function start(): Promise<ConformanceSite> {
  await using undo = new AsyncDisposableStack();
  const sshd = undo.use(await startTestSshd(findTool(tools.sshd) ?? ''));
  const files = undo.use(new TargetFiles(sshd.folder));
  const policies = sshPolicies(files.root);
  const relay = undo.use(await startTcpRelay(sshd));
  const gateway = undo.use(
    await startSshGateway({
      sshd: { ...sshd, host: relay.host, port: relay.port },
      listener: { maxConnections: 600 },
      identity: { expiryGraceMs: 0 },
      api: {},
      recording: {},
    }),
  );
  const connections = new Map<string, SshTestConnection>();
  const owned = undo.move();
  return {
    gateway,
    oblige: obligeBy(gateway, policies),
    async connect({ expiresIn = 600, run = randomUUID() } = {}) {
      // A principal may have so many requests for approval open: each run is of one of its own.
      const password = await gateway.issuer.token({ sub: `agent of ${run}`, run_id: run, expiresIn });
      const known = gateway.records().length;
      const { host, port } = gateway;
      const client = await connectSsh2({ host, port, user: 'deploy+box', password });
      const isOpened = ({ type }: Readonly<Record<string, unknown>>): boolean => type === 'session.opened';
      const records = await gateway.recordsUntil((all) => all.slice(known).some(isOpened));
      const session = String(records.slice(known).find(isOpened)?.['session']);
      const connection = new SshTestConnection(client, { files, session, relay });
      connections.set(session, connection);
      return connection;
    },
    hasUpstream: (session) => Promise.resolve(connections.get(session)?.hasMachine ?? false),
    takeStored: (target) => Promise.resolve(files.takeStored(target)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** SSH: its features, its codes, and a gateway in front of a real sshd. */
export const sshDriver: ConformanceDriver = {
  protocol: 'SSH',
  needs: tools.sshd,
  features: EXEC_FEATURES,
  gaps: [],
  codes: { denied: '126', pending: '75', expired: '126', unmaskable: ['126'] },
  tellsKill: true,
  cuts: 'connection',
  // What comes next is told; the connection is left to the client.
  closesAtExpiry: false,
  keepsUpstream: true,
  // Output has no rows: a rule that bounds them denies.
  cannotFulfil: ['rows limit', 'affected rows'],
  start,
};
