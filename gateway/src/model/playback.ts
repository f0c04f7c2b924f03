import type { RecordedBytes } from './recording.ts';

/** What the bytes of an exchange say, as text for people. It comes from a hostile place: escape it before it is shown. */
export type PlaybackItem =
  | { readonly kind: 'columns'; readonly columns: readonly PlaybackColumn[] }
  /** A row; null is the absence of a value. */
  | { readonly kind: 'row'; readonly cells: readonly (string | null)[]; readonly isCut: boolean }
  /** A piece of text, such as COPY data or the output of a program. */
  | { readonly kind: 'text'; readonly text: string; readonly from: 'client' | 'resource' }
  | {
      readonly kind: 'report';
      readonly severity: 'error' | 'notice';
      readonly code: string;
      readonly message: string;
      readonly more: Readonly<Record<string, string>>;
    }
  /** The protocol's own word for the end of a part: a command tag, a status. */
  | { readonly kind: 'done'; readonly text: string }
  /** Anything else, by its name. */
  | { readonly kind: 'other'; readonly name: string }
  /** The bytes do not follow the protocol; nothing more can be read of this exchange. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** A column of a result. */
export interface PlaybackColumn {
  readonly name: string;
  /** The protocol's name of its type. */
  readonly type: string;
}

/** How much of a value is read. */
export interface PlaybackLimits {
  /** Longest value in characters; what is longer is cut and ends in `…`. */
  readonly valueCharacters: number;
}

/** Reads the recorded bytes of one exchange. Pure, bounded in memory, and never throws: the bytes may be hostile. */
export interface Playback {
  /** The next bytes, in the order in which they were recorded; they may be reused afterwards. */
  take(bytes: Buffer, kind: RecordedBytes): readonly PlaybackItem[];
}
