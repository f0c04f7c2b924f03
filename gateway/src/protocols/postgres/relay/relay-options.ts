import type { Duplex } from 'node:stream';
import type { Gate } from '../../../enforcement/gate.ts';
import type { SessionRecording } from '../../../model/recording.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { SessionMasks } from '../exchange-masks.ts';
import type { Judge } from '../facts/judge.ts';
import type { UpstreamConnection } from '../upstream.ts';
import type { SessionNames } from './effects.ts';

/** What a relay works with. */
export interface RelayOptions {
  readonly client: Duplex;
  readonly upstream: UpstreamConnection;
  readonly gate: Gate;
  readonly judge: Judge;
  readonly names: SessionNames;
  readonly log: Log;
  /** What the client gets is put on record, where there is one. */
  readonly recording?: SessionRecording | undefined;
  /** Masks of the session; absent: there are none. */
  readonly masks?: SessionMasks | undefined;
  /** Longest message from the client but for COPY data, in bytes. */
  readonly maxMessageBytes: number;
  /** Whether the client's token is past its expiry and grace. */
  readonly isExpired: () => boolean;
  /** ParameterStatus from the server; throws when the server left what judging relies on. */
  readonly onParameter: (bytes: Buffer, start: number, end: number) => void;
}

/** Why a session ended, for the record. */
export type EndReason =
  | 'terminated'
  | 'client-gone'
  | 'upstream-closed'
  | 'protocol-error'
  | 'upstream-protocol-error'
  | 'killed'
  | 'gateway-stopped'
  | 'expired'
  | 'internal-error';

/** Nobody cut the work in flight off, so what became of it is the server's secret. */
export const UNKNOWN_ENDS: ReadonlySet<EndReason> = new Set([
  'upstream-closed',
  'upstream-protocol-error',
  'terminated',
]);

/** A Terminate lets the server finish what it was sent before, and a closed connection has nothing to cancel. */
export const UNCANCELLED_ENDS: ReadonlySet<EndReason> = new Set(['upstream-closed', 'terminated']);
