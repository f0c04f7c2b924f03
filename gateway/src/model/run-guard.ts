import type { Principal } from './principal.ts';

/** When a run that repeats a denied statement is told less, and when it is stopped; from the policy. */
export interface RepeatTerms {
  /** From this denial of the same statement on (counted from 1), the answer is shorter. */
  readonly after: number;
  /** From that denial on, everything of the run is denied for a time. */
  readonly quarantine?: { readonly after: number; readonly forMs: number } | undefined;
}

/** A statement that was denied. */
export interface DeniedStatement {
  readonly principal: Principal;
  readonly session: string;
  readonly resource: string;
  /** Statement, command line, method and URL: as the client sent it. Only its digest is kept. */
  readonly text: string;
  readonly terms: RepeatTerms;
}

/** What a denial comes to. */
export interface Repetition {
  /** How often the run was denied this; counted from 1. */
  readonly count: number;
  /** The agent does not listen: tell it to stop, and nothing more. */
  readonly isLoop: boolean;
  /** Begins with this denial. */
  readonly quarantine?: Quarantine | undefined;
}

/** A run that is stopped for a while. */
export interface Quarantine {
  /** `fnd_…`: the finding that it began with. */
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly agent?: string | undefined;
  /** Absent: all that this principal does through this agent without a verified run. */
  readonly run?: string | undefined;
  readonly resource: string;
  readonly session: string;
  readonly count: number;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** What is left of it now. */
  readonly remainingMs: number;
}

/** Watches runs for loops of denials. Implemented by `quarantine/`; every call is quick, and none throws. */
export interface RunGuard {
  /** The quarantine that this principal's run is in at this moment: everything is denied then. */
  quarantined(principal: Principal): Quarantine | undefined;
  /** Takes note of a denial; not of one that comes of a quarantine. */
  denied(statement: DeniedStatement): Repetition;
}
