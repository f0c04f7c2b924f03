/** One session: what one principal does on one desktop over one client connection. */
import type { Verdict } from '../../enforcement/gate.ts';
import type { Identified } from '../../session/identify.ts';
import { OpenSession } from '../../session/open-session.ts';
import type { ConfiguredResource, ProtocolServices } from '../protocol.ts';
import type { RdpAccount, RdpResourceConfig } from './config.ts';
import { RdpError } from './errors.ts';

/** What a session is opened with. */
export interface SessionStart {
  readonly who: Identified;
  readonly configured: ConfiguredResource<RdpResourceConfig>;
  readonly account: RdpAccount;
  readonly sourceAddress: string;
  /** Name that the client machine gives itself. */
  readonly clientName: string;
  readonly security: 'nla' | 'tls';
  /** Ends the connection of the client, which is told why. */
  readonly cut: () => void;
}

type Services = ProtocolServices<RdpResourceConfig>;

/** A session that is open. */
export class RdpSession extends OpenSession {
  readonly start: SessionStart;

  private constructor(start: SessionStart, services: Services) {
    const { who, configured, account, sourceAddress, clientName, security, cut } = start;
    const run = who.credential?.run;
    super(
      {
        protocol: 'rdp',
        who,
        resource: configured.resource,
        account: account.name,
        sourceAddress,
        // Named by the client, and by who minted the credential, and proved by nothing (P11).
        hints: {
          ...(run === undefined ? {} : { run }),
          ...(clientName === '' ? {} : { client: clientName }),
        },
        details: { protocol: 'RDP', security },
        opened: {},
        cut,
      },
      ERRORS,
      services,
    );
    this.start = start;
  }

  /** Puts it on record, and asks the policy whether it may be. The verdict where it may not. */
  static async open(start: SessionStart, services: Services): Promise<RdpSession | Verdict> {
    const session = new RdpSession(start, services);
    return (await session.enter()) ?? session;
  }
}

const ERRORS = {
  ended: (reason: string) => new RdpError('ERR_RDP_SESSION_OVER', `the session was ended: ${reason}`),
  expired: () =>
    new RdpError(
      'ERR_RDP_SESSION_OVER',
      'the token of this session has ended; connect again with a fresh one',
    ),
  credential: (message: string) => new RdpError('ERR_RDP_CREDENTIAL', message),
};
