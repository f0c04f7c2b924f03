/** One record on its way: the text that is told, and what a transport has to know of it. */
export interface ExportLine {
  /** One line of JSON, without a line end. */
  readonly text: string;
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Type of the record. */
  readonly type: string;
  /** 0 to 7, as syslog counts: 6 is informational, 4 a warning. */
  readonly level: number;
}

/** Where lines go. */
export interface Sink {
  /** Resolves when the receiver has them; rejects when it may not have: all of them are then sent again. */
  send(lines: readonly ExportLine[], signal: AbortSignal): Promise<void>;
}
