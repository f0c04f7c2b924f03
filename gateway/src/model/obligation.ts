/**
 * What a permit obliges the gateway to do. One that cannot be fulfilled turns the permit into a denial.
 * Each kind has one file in `enforcement/obligations/`.
 */
export type Obligation = MaskObligation | ApprovalObligation | LimitsObligation;

/** How a masked value is replaced; strictest first. */
export type MaskMethod = 'null' | 'redact' | 'fixed' | 'pseudonym' | 'partial';

/** Replace the values of the named columns or fields in the response. */
export interface MaskObligation {
  readonly kind: 'mask';
  readonly rule: string;
  readonly columns: readonly string[];
  readonly method: MaskMethod;
}

/** Hold the exchange until enough approvers agreed. */
export interface ApprovalObligation {
  readonly kind: 'approval';
  readonly rule: string;
  readonly by: readonly string[];
  readonly count: number;
  readonly withinMs: number;
}

/** Upper bounds on the exchange. */
export interface LimitsObligation {
  readonly kind: 'limits';
  readonly rule: string;
  readonly rows?: number;
  readonly bytes?: number;
  readonly timeoutMs?: number;
}
