/**
 * What a protocol implements to be held to every obligation. An obligation says what must come of asking for a *target*;
 * a *feature* is one way in which the protocol asks. The suite runs every obligation by every feature.
 */
import type { TestGateway } from '../support/gateway.ts';
import type { Tool } from '../support/installed-tool.ts';

/** What obligations need of a gateway, whatever it is in front of. */
export type ConformanceGateway = Pick<
  TestGateway,
  'issuer' | 'caFile' | 'dataDir' | 'api' | 'records' | 'recordsUntil' | 'setPolicy'
>;

/** Everything a decision can oblige the gateway to, and what it owes without being asked. */
export type ObligationName =
  | 'permit'
  | 'deny'
  | 'record'
  | 'kill'
  | 'expiry'
  | 'mask by column'
  | 'mask by detector'
  | 'rows limit'
  | 'bytes limit'
  | 'affected rows'
  | 'timeout'
  | 'statements a minute'
  | 'approval granted'
  | 'approval pending'
  | 'approval denied'
  | 'approval expired'
  | 'quarantine'
  | 'recording';

/**
 * What can be asked for. Each holds {@link ROWS} rows, `many` a hundred, with a number, a label that anybody may see, and a
 * word that holds the target's marker, see {@link labelOf} and {@link markerOf}.
 */
export type Target =
  /** Always permitted. */
  | 'open'
  /** Always denied. */
  | 'forbidden'
  /** Its words are masked, by the name of the column. */
  | 'masked'
  /** Its words are e-mail addresses, which are masked wherever they are. */
  | 'detected'
  /** At most {@link ROW_LIMIT} rows. */
  | 'many'
  /** Has 100 kB; at most {@link BYTE_LIMIT} bytes. */
  | 'large'
  /** Answers in a minute; at most 300 ms. */
  | 'slow'
  /** At most {@link RATE} statements a minute. */
  | 'metered'
  /** People have to agree. */
  | 'held';

/** All of them. */
export const EVERY_TARGET: readonly Target[] = [
  'open',
  'forbidden',
  'masked',
  'detected',
  'many',
  'large',
  'slow',
  'metered',
  'held',
];

/** Rows of a target. */
export const ROWS = 3;
/** Bound on rows of `many`. */
export const ROW_LIMIT = 10;
/** Bound on rows of `many` that may be changed. */
export const CHANGE_LIMIT = 2;
/** Bound on bytes of `large`. */
export const BYTE_LIMIT = 20_000;
/** Bound on statements of `metered`. */
export const RATE = 3;

/** Part of every word of a target; for `detected` each whole word is an e-mail address with it. */
export function markerOf(target: Target): string {
  return `word-of-${target}`;
}

/** Part of every label of a target. */
export function labelOf(target: Target): string {
  return `label-of-${target}`;
}

/** A refusal in the protocol's own form. */
export interface Refusal {
  /** SQLSTATE, HTTP status, exit code. */
  readonly code: string;
  /** Undefined where the form has no room for a text, as an answer to HEAD has not: what it would say is on file. */
  readonly text: string | undefined;
}

/** All that came back for one ask. */
export interface Reply {
  readonly refusals: readonly Refusal[];
  /** Every byte of it, whatever it means. */
  readonly received: Buffer;
  /** Rows or their like that were delivered. */
  readonly rows: number;
  /** It was broken off, so that nobody takes a part of it for the whole. */
  readonly isBroken?: true;
}

/** How data reach the client by a feature: as rows, inside of other text, not at all, or from the client. */
export type Delivery = 'rows' | 'text' | 'none' | 'stored';

/** One way to ask. */
export interface Feature {
  readonly name: string;
  readonly delivery: Delivery;
  /** What it can ask for. */
  readonly carries: readonly Target[];
  /** The gateway refuses it whatever it asks for. */
  readonly neverPermitted?: true;
  /**
   * Nobody could tell in what comes which of it is to be masked: the gateway refuses what meets a mask, or a mask of
   * `columns` alone.
   */
  readonly refusesMasks?: true | 'columns';
  /** It cannot be shown to people as a whole: the gateway refuses what they would have to approve. */
  readonly refusesApprovals?: true;
  /**
   * What becomes of a reply that passes a bound. It is `told` unless said otherwise; `broken` off where the reply has begun
   * when that shows, and nothing can be told in it; `nothing` where the reply has no bytes that a bound could count.
   */
  readonly overrun?: 'told' | 'broken' | 'nothing';
  /** What a replay shows in place of the rows, where they come in a form that is no text. */
  readonly replay?: string;
  /** Asks, reads everything that comes, and leaves the session ready for the next ask. */
  ask(connection: Connection, target: Target): Promise<Reply>;
  /**
   * Begins and stops in the middle: with work that runs upstream (`working`), with a reply that has begun and cannot be
   * told anything but its end (`answering`), or with state on the connection and nothing under way (`idle`).
   */
  hold(connection: Connection): Promise<Held>;
}

/** Where a feature was left. */
export type Held = 'working' | 'answering' | 'idle';

/** What one client does with one token. */
export interface Connection extends AsyncDisposable {
  /**
   * `ses_…`, the newest last. One, but where the protocol ends a connection with an answer and the client goes on by another.
   */
  readonly sessions: readonly string[];
  /** Whether a permitted ask works. */
  isUsable(): Promise<boolean>;
  /** Whether the gateway has closed it. */
  readonly isClosed: boolean;
  /** Sends whatever comes next where it is, and tells what was said, as {@link end} does. */
  sayNext(): Promise<readonly Refusal[]>;
  /** Reads to the end of the connection, or of the answer where the connection outlives it, and tells what was said. */
  end(): Promise<readonly Refusal[]>;
}

/** Who connects. */
export interface ConnectOptions {
  /** Seconds until the token expires. */
  readonly expiresIn?: number;
  /** The run that the token proves; a new one unless said. */
  readonly run?: string;
}

/** A gateway in front of a resource with all targets. */
export interface ConformanceSite extends AsyncDisposable {
  readonly gateway: ConformanceGateway;
  /** Puts the policy of an obligation into force. @throws when the gateway refuses the policy */
  oblige(obligation: ObligationName): Promise<void>;
  connect(options?: ConnectOptions): Promise<Connection>;
  /** Whether the session has anything open upstream. */
  hasUpstream(session: string): Promise<boolean>;
  /** What `stored` features have left in a target, and is taken away again. */
  takeStored(target: Target): Promise<number>;
}

/** A case that fails today, and why; it is run, and fails the suite as soon as it passes. */
export interface Gap {
  readonly obligation: ObligationName;
  /** Names of features. */
  readonly features: readonly string[];
  readonly why: string;
}

/** A protocol. */
export interface ConformanceDriver {
  readonly protocol: string;
  /** A program that it cannot do without; the suite is skipped, and says so, where it is not installed. */
  readonly needs?: Tool;
  readonly features: readonly Feature[];
  /** Known and not yet closed; named in README.md. */
  readonly gaps: readonly Gap[];
  /** The protocol's native codes. */
  readonly codes: {
    readonly denied: string;
    readonly pending: string;
    readonly expired: string;
    /** Of what `refusesMasks`: before anything was asked upstream, or after. */
    readonly unmaskable: readonly string[];
  };
  /** A kill is told to the client before it is cut off. */
  readonly tellsKill: boolean;
  /** What ends where nothing can be told: the connection of the client, or its exchange alone. */
  readonly cuts: 'connection' | 'exchange';
  /** The gateway closes the connection of a client that it told that its token is over; otherwise another may be brought on it. */
  readonly closesAtExpiry: boolean;
  /** A session has something open upstream while it is idle. */
  readonly keepsUpstream: boolean;
  /** Obligations that mean nothing in this protocol: what a rule asks them for is denied. */
  readonly cannotFulfil: readonly ObligationName[];
  start(): Promise<ConformanceSite>;
}

/** What a case runs on. */
export interface Bench
  extends Pick<ConformanceDriver, 'codes' | 'tellsKill' | 'cuts' | 'closesAtExpiry' | 'keepsUpstream'> {
  readonly site: ConformanceSite;
}
