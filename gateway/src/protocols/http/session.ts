/** One session: what one principal does on one service over one client connection. */
import type { Verdict } from '../../enforcement/gate.ts';
import type { Identified } from '../../session/identify.ts';
import { OpenSession } from '../../session/open-session.ts';
import type { ConfiguredResource, ProtocolServices } from '../protocol.ts';
import type { HttpResourceConfig } from './config.ts';
import type { Destination } from './destinations/destinations.ts';
import { HttpError } from './errors.ts';

/** What a session is opened with. */
export interface SessionStart {
  readonly who: Identified;
  readonly configured: ConfiguredResource<HttpResourceConfig>;
  readonly sourceAddress: string;
  readonly hints: Readonly<Record<string, string>>;
  readonly version: 'HTTP/1.1' | 'HTTP/2';
  /** The place that a client of the proxy named. */
  readonly destination?: Destination;
  /** TLS version of the client connection. */
  readonly tls: string;
  /** Cuts what it has under way, and the connection where nobody else uses it. */
  readonly cut: () => void;
}

type Services = ProtocolServices<HttpResourceConfig>;

/** A session that is open. */
export class HttpSession extends OpenSession {
  readonly start: SessionStart;

  private constructor(start: SessionStart, services: Services) {
    const { who, configured, sourceAddress, hints, version, tls, destination, cut } = start;
    const details = {
      protocol: version,
      tls,
      ...(destination === undefined ? {} : placeOf(destination)),
    };
    const { resource, config } = configured;
    const { account } = config;
    const opened = { tls };
    super(
      { protocol: 'http', who, resource, account, sourceAddress, hints, details, opened, cut },
      ERRORS,
      services,
    );
    this.start = start;
  }

  /** Puts it on record, and asks the policy whether it may be. The verdict where it may not. */
  static async open(start: SessionStart, services: Services): Promise<HttpSession | Verdict> {
    const session = new HttpSession(start, services);
    return (await session.enter()) ?? session;
  }
}

const ERRORS = {
  ended: (reason: string) => new HttpError('ERR_HTTP_GONE', 401, `the session was ended: ${reason}`),
  expired: () => new HttpError('ERR_HTTP_CREDENTIAL', 401, 'the token of this session has ended'),
  credential: (message: string) => new HttpError('ERR_HTTP_CREDENTIAL', 401, message),
};

function placeOf({ authority, scheme }: Destination): {
  readonly destination: string;
  readonly scheme: string;
} {
  return { destination: `${authority.host}:${authority.port}`, scheme };
}
