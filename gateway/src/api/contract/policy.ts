import { z } from 'zod';

/** One rule of the policy, named. */
export interface PolicyRule {
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  readonly on: string;
  readonly mode: 'enforce' | 'observe';
  /** `file:line`. */
  readonly source: string;
  /** The preset that brings it. */
  readonly preset?: string | undefined;
  /** Of an allow: what it permits, in a few words. */
  readonly phrase: string;
  /** What a request must be like, one condition a line of the rule. */
  readonly conditions: readonly { readonly on: string; readonly wanted: string }[];
  /** The expression that must hold as well. */
  readonly when?: string | undefined;
  /** Told to whoever it denies. */
  readonly message?: string | undefined;
  readonly description?: string | undefined;
  readonly obligations: readonly object[];
}

/** Something to look at in the policy. */
export interface PolicyWarning {
  readonly code: string;
  readonly message: string;
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** The policy in effect. */
export interface PolicySummary {
  readonly version: { readonly hash: string; readonly commit?: string | undefined };
  readonly rules: readonly PolicyRule[];
  readonly presets: readonly string[];
  readonly warnings: readonly PolicyWarning[];
}

const versionSchema = z.object({ hash: z.string(), commit: z.string().optional() });

/** The policy on the wire. */
export const policySummarySchema: z.ZodType<PolicySummary> = z
  .object({
    version: versionSchema,
    rules: z.array(
      z.object({
        id: z.string(),
        effect: z.enum(['allow', 'deny']),
        on: z.string(),
        mode: z.enum(['enforce', 'observe']),
        source: z.string(),
        preset: z.string().optional(),
        phrase: z.string().describe('what an allow permits, in a few words'),
        conditions: z.array(z.object({ on: z.string(), wanted: z.string() })),
        when: z.string().optional().describe('a CEL expression that must hold as well'),
        message: z.string().optional().describe('told to whoever it denies'),
        description: z.string().optional(),
        obligations: z.array(z.record(z.string(), z.unknown())),
      }),
    ),
    presets: z.array(z.string()),
    warnings: z.array(
      z.object({ code: z.string(), message: z.string(), path: z.string(), line: z.int(), column: z.int() }),
    ),
  })
  .meta({ id: 'PolicySummary' });

/** Who asks where for what; the keys are those of a case in `*.test.yaml`. */
export interface ExplainRequest {
  readonly as: {
    readonly groups?: readonly string[] | undefined;
    readonly subject?: string | undefined;
    readonly issuer?: string | undefined;
    readonly agent?: string | undefined;
    readonly run?: string | undefined;
    readonly actors?: readonly string[] | undefined;
  };
  readonly to: string;
  readonly account?: string | undefined;
  readonly at?: string | undefined;
  readonly from?: string | undefined;
  readonly opened?: readonly string[] | undefined;
  /** The rule family and what is asked, in that family's form. */
  readonly ask: { readonly family: string; readonly body: unknown };
}

const name = z.string().min(1).max(512);

/** Body of an explanation. */
export const explainRequestSchema: z.ZodType<ExplainRequest> = z
  .strictObject({
    as: z.strictObject({
      groups: z.array(name).max(1000).optional(),
      subject: name.optional(),
      issuer: name.optional(),
      agent: name.optional(),
      run: name.optional(),
      actors: z.array(name).max(16).optional().describe('delegation chain, current actor first'),
    }),
    to: name.describe('name of a resource'),
    account: name.optional(),
    at: z
      .string()
      .max(64)
      .optional()
      .describe('time of the request, ISO 8601 with an offset; now unless said'),
    from: z.string().max(64).optional().describe('source address'),
    opened: z.array(name).max(100).optional().describe('rules that people opened to whoever asks'),
    ask: z.strictObject({
      family: z.string().min(1).max(64).describe('sql, connect…'),
      body: z.unknown().describe('as in a policy test: the text under `sql:`, the database under `connect:`'),
    }),
  })
  .meta({ id: 'ExplainRequest' });

/** How a request would be decided. */
export interface ApiDecision {
  readonly effect: 'permit' | 'deny';
  readonly cause?: string | undefined;
  readonly rules: readonly string[];
  readonly subject?: string | undefined;
  readonly message?: string | undefined;
  readonly alternatives?: readonly string[] | undefined;
  readonly obligations?: readonly object[] | undefined;
  readonly observed: readonly { readonly rule: string; readonly effect: string }[];
  readonly policy: { readonly hash: string; readonly commit?: string | undefined };
}

/** One message of the request, explained rule by rule. */
export interface ApiExplanation {
  readonly decision: ApiDecision;
  readonly asked: readonly string[];
  readonly rules: readonly {
    readonly rule: string;
    readonly effect: 'allow' | 'deny';
    readonly mode: 'enforce' | 'observe';
    readonly outcome: 'hits' | 'covers' | 'covers-part' | 'fails' | 'no-match';
    readonly source: string;
    readonly reasons: readonly string[];
  }[];
}

/** Answer to an explanation. */
export interface ExplainAnswer {
  readonly explanations: readonly ApiExplanation[];
}

/** Explanations on the wire. */
export const explainAnswerSchema: z.ZodType<ExplainAnswer> = z
  .object({
    explanations: z.array(
      z.object({
        decision: z.object({
          effect: z.enum(['permit', 'deny']),
          cause: z.string().optional(),
          rules: z.array(z.string()),
          subject: z.string().optional(),
          message: z.string().optional(),
          alternatives: z.array(z.string()).optional(),
          obligations: z.array(z.record(z.string(), z.unknown())).optional(),
          observed: z.array(z.object({ rule: z.string(), effect: z.string() })),
          policy: versionSchema,
        }),
        asked: z.array(z.string()),
        rules: z.array(
          z.object({
            rule: z.string(),
            effect: z.enum(['allow', 'deny']),
            mode: z.enum(['enforce', 'observe']),
            outcome: z.enum(['hits', 'covers', 'covers-part', 'fails', 'no-match']),
            source: z.string(),
            reasons: z.array(z.string()),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Explanations' });
