/** What the gateway and the thread of its index say to each other. */
import type { RecordingErrorCode } from '../errors.ts';
import type { RecordingPlace } from '../layout.ts';
import type { ExchangeSearch, SearchPage } from './search-query.ts';

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
  | { readonly kind: 'search'; readonly id: number; readonly search: ExchangeSearch }
  | { readonly kind: 'close' };

/** From the thread. */
export type IndexWord =
  | { readonly kind: 'found'; readonly id: number; readonly page: SearchPage }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: RecordingErrorCode;
      readonly message: string;
    }
  /** It could not be brought up to date; the next order tries again. */
  | { readonly kind: 'trouble'; readonly message: string };
