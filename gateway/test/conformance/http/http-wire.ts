/** How requests travel: over HTTP/1.1, or HTTP/2. Features know neither. */
import type { RawHttpAnswer } from '../../support/raw-http.ts';

/** A request without what the connection adds. */
export interface Asking {
  readonly method?: string;
  readonly path: string;
  readonly version?: '1.0' | '1.1';
  readonly fields?: readonly string[];
  readonly body?: string;
}

/** Who asks, as the connection adds it. */
export interface Identity {
  readonly token: string;
  /** `User-Agent`, by which the session and what the service has of it are found. */
  readonly agent: string;
}

/** One connection of a client. */
export interface HttpWire extends AsyncDisposable {
  readonly isClosed: boolean;
  /** Sends a request. @param now so much of its body; the rest follows by {@link more} */
  send(asking: Asking, identity: Identity, now?: string): void;
  /** The rest of the body that was begun last. */
  more(body: string): void;
  /** The next answer, in the order of the requests; undefined where the connection, or its stream, ended before it. */
  answer(method: string): Promise<RawHttpAnswer | undefined>;
  /** The next answer has begun. */
  begun(): Promise<void>;
}
