import type { Durability } from '../model/audit-event.ts';
import type { Clock } from '../model/clock.ts';
import type { AuditFiles } from './audit-files.ts';
import type { AuditError } from './errors.ts';
import type { AuditLayout } from './layout.ts';
import type { CheckpointSigner } from './signing-key.ts';

/** Sizes and times that bound the log. */
export interface LogLimits {
  /** A segment that has reached this size is followed by a new one. */
  readonly segmentBytes: number;
  /** Most records between two checkpoints. */
  readonly checkpointEvery: number;
  /** Longest time from a record to the checkpoint that covers it. */
  readonly checkpointMs: number;
  /** Largest event; of a larger one the largest values are left out. */
  readonly recordBytes: number;
  /** Bytes that may wait for a write; beyond, calls wait. */
  readonly pendingBytes: number;
  /** Characters of enqueued events that are held while the log cannot be written; beyond, they are counted as lost. */
  readonly heldCharacters: number;
  /** A sync that takes longer is a failure. */
  readonly stallMs: number;
  /** Pause between attempts to recover. */
  readonly recoverMs: number;
}

/** The limits that apply where no others are given. */
export const DEFAULT_LIMITS: LogLimits = {
  segmentBytes: 64 * 1024 * 1024,
  checkpointEvery: 4096,
  checkpointMs: 5000,
  recordBytes: 1024 * 1024,
  pendingBytes: 8 * 1024 * 1024,
  heldCharacters: 64 * 1024 * 1024,
  stallMs: 30_000,
  recoverMs: 1000,
};

/** What the parts of an open log work with. */
export interface LogEnvironment {
  readonly layout: AuditLayout;
  readonly files: AuditFiles;
  readonly signer: CheckpointSigner;
  readonly clock: Clock;
  readonly durability: Durability;
  readonly limits: LogLimits;
  /** Told once for each failure. */
  readonly onFailure: (error: AuditError) => void;
  /** Told when the log works again. */
  readonly onRecovery: () => void;
}
