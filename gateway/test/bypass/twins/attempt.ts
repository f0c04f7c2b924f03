/** Attempts that are sent to two databases which differ in masked values alone. */
import { bytesOf } from '../masks/mask-attack.ts';

/** One attempt, in a transaction that is rolled back; each step is sent when the one before is answered. A text is a simple query. */
export interface TwinAttempt {
  readonly name: string;
  readonly steps: readonly (string | Buffer)[];
  /**
   * What comes of it through the gateway: a denial of a step, an answer to each, or the end of the session as the protocol is
   * broken.
   */
  readonly outcome: 'denied' | 'answered' | 'ended';
}

type Steps = readonly (string | Buffer)[];

const made = (outcome: TwinAttempt['outcome'], all: readonly Steps[]): readonly TwinAttempt[] =>
  all.map((steps) => ({ name: nameOf(steps), steps, outcome }));

/** The gateway denies a step of each. */
export const denied = (all: readonly Steps[]): readonly TwinAttempt[] => made('denied', all);

/** All steps of each are answered: what is masked is NULL, and nothing else tells of it. */
export const answered = (all: readonly Steps[]): readonly TwinAttempt[] => made('answered', all);

/** Each breaks the protocol as the gateway has to read it. */
export const ended = (all: readonly Steps[]): readonly TwinAttempt[] => made('ended', all);

/** Messages are told by their texts. */
function nameOf(steps: Steps): string {
  return steps
    .map((step) => (typeof step === 'string' ? step : bytesOf(step).toString('latin1')))
    .join('; ')
    .replaceAll(/[^ -~]+/g, ' ')
    .trim();
}
