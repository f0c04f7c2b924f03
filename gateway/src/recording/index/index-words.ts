/** What the gateway and the thread of its index say to each other. */
import type { RecordingErrorCode } from '../errors.ts';
import type { RecordingPlace } from '../layout.ts';
import type { FoundRun, RunKey, RunPage, RunSearch, RunSession } from './run-query.ts';
import type { ExchangeSearch, SearchPage } from './search-query.ts';
import type { Statistics, StatisticsSearch } from './statistics-query.ts';

/** What the index can be asked, and what it answers. */
export interface IndexQuestions {
  readonly search: { readonly asked: ExchangeSearch; readonly answer: SearchPage };
  readonly runs: { readonly asked: RunSearch; readonly answer: RunPage };
  readonly run: {
    readonly asked: RunKey;
    readonly answer: { readonly run: FoundRun; readonly sessions: readonly RunSession[] } | undefined;
  };
  readonly keyPlace: { readonly asked: KeySearch; readonly answer: KeyPlace };
  readonly statistics: { readonly asked: StatisticsSearch; readonly answer: Statistics };
}

/** Where to begin to read, so that all is known at a time of the session, in milliseconds since its opening. */
export interface KeySearch {
  readonly session: string;
  readonly ms: number;
}

/** A place in the file; 0: at the beginning. */
export interface KeyPlace {
  readonly offset: number;
  readonly ms: number;
}

/** The name of a question. */
export type IndexQuestion = keyof IndexQuestions;

/** What the thread begins with. */
export interface IndexTask {
  /** The data folder. */
  readonly dataDir: string;
}

/** To the thread. */
export type IndexOrder =
  /** These have grown. */
  | { readonly kind: 'grown'; readonly places: readonly RecordingPlace[] }
  /** More have grown than can be named. */
  | { readonly kind: 'catch up' }
  | { readonly kind: 'remove'; readonly sessions: readonly string[] }
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly question: IndexQuestion;
      readonly asked: IndexQuestions[IndexQuestion]['asked'];
    }
  | { readonly kind: 'close' };

/** From the thread. */
export type IndexWord =
  | {
      readonly kind: 'found';
      readonly id: number;
      readonly answer: IndexQuestions[IndexQuestion]['answer'];
    }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: RecordingErrorCode;
      readonly message: string;
    }
  /** It could not be brought up to date; the next order tries again. */
  | { readonly kind: 'trouble'; readonly message: string };
