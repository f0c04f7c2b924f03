/** What goes on the audit trail about recordings, so that a changed, cut or missing one is found. */

/** What stands in the recording of a session: told from its first bytes on and then from time to time. */
export interface RecordingMark extends RecordingExtent {
  readonly type: 'recording.mark';
  readonly session: string;
}

/** The recording of a session is at its end: it never changes from now on. */
export interface RecordingClosed extends RecordingExtent {
  readonly type: 'recording.closed';
  readonly session: string;
  /** `cut`: the gateway died, or the disk refused; it was closed at the next start. */
  readonly reason: 'ended' | 'cut';
  /** Bytes of a torn end that were taken off. */
  readonly tornBytes?: number;
}

/** The recording of a session cannot go on; the extent is what is on file. */
export interface RecordingFailed extends RecordingExtent {
  readonly type: 'recording.failed';
  readonly session: string;
  readonly cause: string;
}

/** The recording of a session was deleted. */
export interface RecordingDeleted {
  readonly type: 'recording.deleted';
  readonly session: string;
  readonly bytes: number;
  /** Payload of its last seal, hex; empty when it had none. */
  readonly chain: string;
  readonly reason: string;
}

/** A recording up to a seal. */
interface RecordingExtent {
  readonly bytes: number;
  readonly frames: number;
  /** Payload of that seal: SHA-256 over all before it, hex. */
  readonly chain: string;
}

/** All of them. */
export type RecordingEvent = RecordingMark | RecordingClosed | RecordingFailed | RecordingDeleted;
