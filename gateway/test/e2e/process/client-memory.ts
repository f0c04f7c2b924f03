/** What clients and approvers remember, over all deaths of a gateway: what they were told, and what they said. */

/** What an approver says. */
export type Verdict = 'approve' | 'deny';

/** A session credential, as its holder knows it. */
export interface HeldCredential {
  readonly id: string;
  readonly user: string;
  readonly secret: string;
  readonly uses: number;
  /** Logins that were begun, and that succeeded. The rest were refused, or nobody knows. */
  begun: number;
  opened: number;
  refused: number;
  /** No login is refused before this is said, none succeeds after it was acknowledged. */
  revocation: 'none' | 'sent' | 'acknowledged';
}

/** One site's clients. */
export interface ClientMemory {
  /** Requests for approval that somebody was told of. */
  readonly requested: Set<string>;
  /** What approvers sent, whether it arrived or not: by request. */
  readonly sent: Map<string, Verdict>;
  /** Marks of held statements that such a verdict was sent on; nobody approves one twice. */
  readonly approved: Set<string>;
  readonly denied: Set<string>;
  /** Marks of held statements on which a verdict was acknowledged. */
  readonly answered: Set<string>;
  /** Answers that the API acknowledged: by request. */
  readonly acknowledged: Map<string, Verdict>;
  /** Marks of held statements whose end no client was told, and how often they were tried. */
  readonly unsettled: Map<string, number>;
  readonly credentials: HeldCredential[];
  /** What must never be told, and was. */
  readonly wrong: string[];
}

/** Clients that know nothing yet. */
export function createClientMemory(): ClientMemory {
  return {
    requested: new Set(),
    sent: new Map(),
    approved: new Set(),
    denied: new Set(),
    answered: new Set(),
    acknowledged: new Map(),
    unsettled: new Map(),
    credentials: [],
    wrong: [],
  };
}
