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
  readonly unreadScreens: { readonly asked: UnreadSearch; readonly answer: RecordingPlace | undefined };
  readonly statistics: { readonly asked: StatisticsSearch; readonly answer: Statistics };
}

/** Sessions of a protocol that are over, and whose pictures nobody has read. */
export interface UnreadSearch {
  readonly protocol: string;
}

/** What was read of the pictures of a session. */
export interface ScreenTexts {
  readonly session: string;
  readonly texts: readonly ScreenText[];
  /** A session that failed is read again after the next start. */
  readonly ended: 'read' | 'failed';
}

/** Text of one picture. */
export interface ScreenText {
  /** Number of the exchange that the picture is of. */
  readonly exchange: number;
  /** Milliseconds since the session was opened. */
  readonly ms: number;
  readonly text: string;
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
  | { readonly kind: 'screens'; readonly screens: ScreenTexts }
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
