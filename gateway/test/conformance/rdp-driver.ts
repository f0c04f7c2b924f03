/** RDP under the conformance suite. */
import { randomUUID } from 'node:crypto';
import { ERROR_INFO } from '../../src/protocols/rdp/wire/share/error-info.ts';
import { startRdpGateway } from '../support/rdp-gateway.ts';
import { mintCredential } from '../support/session-credentials.ts';
import {
  type ConformanceDriver,
  type ConformanceSite,
  EVERY_TARGET,
  type Feature,
  type Target,
} from './driver.ts';
import { obligeBy } from './policy-in-force.ts';
import { MACHINE_LOGIN, resourceOf, startTargetMachines } from './rdp/machines.ts';
import { RDP_POLICIES } from './rdp/policies.ts';
import { type DesktopLogin, type LoginForm, RdpTestConnection } from './rdp/rdp-connection.ts';

async function start(): Promise<ConformanceSite> {
  await using undo = new AsyncDisposableStack();
  const machines = await startTargetMachines(undo);
  const others = EVERY_TARGET.filter((target) => target !== 'open');
  const keysOf = (target: Target): Readonly<Record<string, unknown>> => {
    const machine = machines.get(target);
    return {
      name: resourceOf(target),
      port: machine?.relay.port,
      tls: { pins: [machine?.pin] },
    };
  };
  const gateway = undo.use(
    await startRdpGateway({
      target: { ...MACHINE_LOGIN, host: '127.0.0.1', port: 0, certificateFile: '' },
      resource: keysOf('open'),
      moreResources: others.map(keysOf),
      identity: { expiryGraceMs: 0 },
      api: {},
      recording: {},
    }),
  );
  const connections: RdpTestConnection[] = [];
  const owned = undo.move();
  const opened = (all: readonly Readonly<Record<string, unknown>>[]): readonly string[] =>
    all.flatMap(({ type, session }) => (type === 'session.opened' ? [String(session)] : []));
  let known = 0;
  return {
    gateway,
    oblige: obligeBy(gateway, RDP_POLICIES),
    async connect({ expiresIn = 600, run = randomUUID() } = {}) {
      // A principal may have so many requests for approval open: each run is of one of its own.
      const claims = { sub: `agent of ${run}`, run_id: run, expiresIn };
      const mint = async (target: Target): Promise<DesktopLogin> => {
        const { user, secret } = await mintCredential(gateway, { claims, resource: resourceOf(target) });
        return { user, password: secret };
      };
      // Whoever is stopped later gets no other: the first is there before.
      let first: DesktopLogin | undefined = await mint('open');
      const connection = new RdpTestConnection({
        host: gateway.host,
        port: gateway.port,
        machines,
        loginBy: {
          token: async (target) => ({
            user: `svc+${resourceOf(target)}`,
            password: await gateway.issuer.token(claims),
          }),
          credential: async (target) => {
            const own = target === 'open' ? first : undefined;
            first = own === undefined ? first : undefined;
            return own ?? (await mint(target));
          },
        },
        async sessionOf() {
          // Clients ask one after the other.
          const sessions = opened(await gateway.recordsUntil((all) => opened(all).length > known));
          known = sessions.length;
          return sessions.at(-1) ?? '';
        },
      });
      connections.push(connection);
      return connection;
    },
    hasUpstream: (session) =>
      Promise.resolve(connections.some((one) => one.sessions.includes(session) && one.hasMachine)),
    takeStored: () => Promise.resolve(0),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function looking(name: string, form: LoginForm): Feature {
  const ours = (connection: unknown): RdpTestConnection => {
    if (connection instanceof RdpTestConnection) return connection;
    throw new TypeError('not a connection of RDP');
  };
  return {
    name,
    delivery: 'rows',
    carries: EVERY_TARGET,
    // A picture is no text.
    replay: 'desktop of 640 by 480 pixels',
    ask: (connection, target) => ours(connection).look(target, form),
    hold: (connection) => ours(connection).stay(form),
  };
}

/** RDP: its features, its codes, and a gateway in front of machines that draw rows. */
export const rdpDriver: ConformanceDriver = {
  protocol: 'RDP',
  features: [
    looking('a desktop, by a token', 'token'),
    looking('a desktop, by a session credential', 'credential'),
  ],
  gaps: [],
  codes: {
    denied: String(ERROR_INFO.SERVER_INSUFFICIENT_PRIVILEGES),
    pending: String(ERROR_INFO.SERVER_DENIED_CONNECTION),
    expired: String(ERROR_INFO.RPC_INITIATED_DISCONNECT),
    unmaskable: [String(ERROR_INFO.SERVER_INSUFFICIENT_PRIVILEGES)],
  },
  // By a code alone: clients have a text of their own for it.
  tellsKill: false,
  cuts: 'connection',
  closesAtExpiry: true,
  keepsUpstream: true,
  // A picture has no columns, no rows and no text that could be told: a rule that asks for such denies.
  cannotFulfil: ['mask by column', 'mask by detector', 'rows limit', 'affected rows'],
  start,
};
