/** One session: what one principal does on one machine over one client connection. */
import type { Verdict } from '../../enforcement/gate.ts';
import type { Identified } from '../../session/identify.ts';
import { OpenSession } from '../../session/open-session.ts';
import type { ConfiguredResource, ProtocolServices } from '../protocol.ts';
import type { SshAccount, SshResourceConfig } from './config.ts';
import { SshError } from './errors.ts';

/** What a session is opened with. */
export interface SessionStart {
  readonly who: Identified;
  readonly configured: ConfiguredResource<SshResourceConfig>;
  readonly account: SshAccount;
  readonly sourceAddress: string;
  /** Closes the connection of the client. */
  readonly cut: () => void;
}

type Services = ProtocolServices<SshResourceConfig>;

/** A session that is open. */
export class SshSession extends OpenSession {
  readonly start: SessionStart;

  private constructor(start: SessionStart, services: Services) {
    const { who, configured, account, sourceAddress, cut } = start;
    const run = who.credential?.run;
    const { jump } = configured.config;
    const subject = {
      protocol: 'ssh',
      who,
      resource: configured.resource,
      account: account.name,
      sourceAddress,
      // Named by who minted the credential, and proved by nothing (P11).
      hints: run === undefined ? {} : { run },
      details: { protocol: 'SSH-2.0', ...(jump !== undefined && { jump }) },
      opened: {},
      cut,
    };
    super(subject, ERRORS, services);
    this.start = start;
  }

  /** Puts it on record, and asks the policy whether it may be. The verdict where it may not. */
  static async open(start: SessionStart, services: Services): Promise<SshSession | Verdict> {
    const session = new SshSession(start, services);
    return (await session.enter()) ?? session;
  }
}

const ERRORS = {
  ended: (reason: string) => new SshError('ERR_SSH_SESSION_OVER', `the session was ended: ${reason}`),
  expired: tokenOver,
  credential: (message: string) => new SshError('ERR_SSH_CREDENTIAL', message),
};

/** What a client is told whose token has ended. */
export function tokenOver(): SshError {
  return new SshError(
    'ERR_SSH_SESSION_OVER',
    'the token of this session has ended; connect again with a fresh one',
  );
}
