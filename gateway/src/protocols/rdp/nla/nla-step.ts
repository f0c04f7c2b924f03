import type { NlaError } from './errors.ts';

/** What to do after bytes were taken. `failed` and `done` are ends: nothing is taken after them. */
export interface NlaStep<Done> {
  /** Bytes for the peer, also of a failure; may be empty. */
  readonly send: Buffer;
  readonly done?: Done;
  readonly failed?: NlaError;
}

/** Bytes that arrived behind the last message of CredSSP: they belong to what comes next. */
export interface AfterNla {
  readonly rest: Buffer;
  /** Version of CredSSP that was spoken. */
  readonly version: number;
}
