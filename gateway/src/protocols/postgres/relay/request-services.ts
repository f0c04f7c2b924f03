import type { MaskObligation } from '../../../model/obligation.ts';
import type { SessionRecording } from '../../../model/recording.ts';
import type { Judge } from '../facts/judge.ts';
import type { SessionLookups } from '../lookups.ts';
import type { Asking } from './asking.ts';
import type { SessionNames } from './effects.ts';
import type { Pipeline } from './pipeline.ts';
import type { Stage } from './stage.ts';
import type { Undoing } from './undoing.ts';

/** What the request side works with. */
export interface RequestServices {
  readonly judge: Judge;
  readonly pipeline: Pipeline;
  readonly stage: Stage;
  readonly names: SessionNames;
  /** Submits the stage and resolves when `condition` holds; rejects when the session ends. */
  readonly waitUntil: (condition: () => boolean) => Promise<void>;
  /** Puts the people's answer in; see `asking.ts`. */
  readonly asking: Asking;
  /** Sends what may have to be undone so that it can be; see `undoing.ts`. */
  readonly undoing: Undoing;
  /** Turns pseudonyms in parameters back. */
  readonly lookups: SessionLookups | undefined;
  /** Told of the masks that the policy has for the session. */
  readonly remember: ((masks: readonly MaskObligation[]) => void) | undefined;
  /** Told that rows are filtered: what the server says of others is left out from then on. */
  readonly hideRows: (() => void) | undefined;
  /** Where what the client gets, and the data that it sends, is put on record. */
  readonly recording: SessionRecording | undefined;
}

/** A promise where a message had to wait; most need not, and a promise for each would be dear. */
export type Waiting = Promise<void> | undefined;
