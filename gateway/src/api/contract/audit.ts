import { z } from 'zod';
import { instantSchema } from './session.ts';

/** The end of the audit trail. Keep `anchor` where the gateway cannot write. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
  /** Id of the key that signs the checkpoints. */
  readonly keyId: string;
  /** `seq:hash`, as `sallyport audit verify --anchor` takes it. */
  readonly anchor: string;
}

/** The head on the wire. */
export const auditHeadSchema: z.ZodType<AuditHead> = z
  .object({
    seq: z.int(),
    hash: z.string(),
    keyId: z.string(),
    anchor: z.string().describe('seq:hash, for POST /v1/audit/verify and sallyport audit verify --anchor'),
  })
  .meta({
    id: 'AuditHead',
    description: 'The last record. Keep it elsewhere: it finds later cuts and rewrites.',
  });

/** What to verify against. */
export interface VerifyRequest {
  readonly anchor?: string | undefined;
}

/** Body of a verification. */
export const verifyRequestSchema: z.ZodType<VerifyRequest> = z.strictObject({
  anchor: z
    .string()
    .regex(/^[1-9][0-9]{0,14}:[0-9a-f]{64}$/, 'expected seq:hash, as /v1/audit/head gives it')
    .optional()
    .describe('a head that was kept elsewhere'),
});

/** One thing that is wrong with the audit, and where. */
export interface VerifyFinding {
  readonly kind: string;
  readonly file: string;
  readonly line: number;
  readonly seq?: number | undefined;
  readonly message: string;
}

/** What a verification found. */
export interface VerifyReport {
  readonly ok: boolean;
  readonly records: number;
  readonly segments: number;
  readonly head: { readonly seq: number; readonly hash: string };
  readonly firstAt: string;
  readonly lastAt: string;
  readonly checkpoints: number;
  readonly signedTo: number;
  readonly keyId: string;
  readonly live: boolean;
  readonly closed: boolean;
  readonly findings: readonly VerifyFinding[];
  readonly furtherFindings: number;
  readonly notes: readonly string[];
}

const verifyReportSchema: z.ZodType<VerifyReport> = z
  .object({
    ok: z.boolean(),
    records: z.int(),
    segments: z.int(),
    head: z.object({ seq: z.int(), hash: z.string() }),
    firstAt: z.string(),
    lastAt: z.string(),
    checkpoints: z.int(),
    signedTo: z.int(),
    keyId: z.string(),
    live: z.boolean(),
    closed: z.boolean(),
    findings: z.array(
      z.object({
        kind: z.string(),
        file: z.string(),
        line: z.int(),
        seq: z.int().optional(),
        message: z.string(),
      }),
    ),
    furtherFindings: z.int(),
    notes: z.array(z.string()),
  })
  .meta({ id: 'AuditReport' });

/** A verification, running or over. */
export interface Verification {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly startedAt: string;
  readonly endedAt?: string | undefined;
  /** When it is done. */
  readonly report?: VerifyReport | undefined;
  /** Why it failed. */
  readonly failure?: string | undefined;
}

/** A verification on the wire. */
export const verificationSchema: z.ZodType<Verification> = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'done', 'failed']),
    startedAt: z.string(),
    endedAt: z.string().optional(),
    report: verifyReportSchema.optional(),
    failure: z.string().optional(),
  })
  .meta({ id: 'Verification' });

/** How an export of the audit does. */
export interface ApiExport {
  readonly name: string;
  readonly to: 'file' | 'webhook' | 'syslog';
  readonly state: 'ok' | 'failing';
  readonly seq: number;
  readonly behind: number;
  readonly lastSentAt?: string | undefined;
  readonly lastFailure?: { readonly at: string; readonly reason: string } | undefined;
}

/** All exports of the gateway. */
export interface ExportList {
  readonly exports: readonly ApiExport[];
}

/** The exports on the wire. */
export const exportListSchema: z.ZodType<ExportList> = z
  .object({
    exports: z.array(
      z.object({
        name: z.string(),
        to: z.enum(['file', 'webhook', 'syslog']),
        state: z.enum(['ok', 'failing']),
        seq: z.int().describe('the last record that was received'),
        behind: z.int().describe('records on file that were not received yet'),
        lastSentAt: z
          .string()
          .optional()
          .describe('when the receiver last took something; absent: not since the start'),
        lastFailure: z.object({ at: z.string(), reason: z.string() }).optional(),
      }),
    ),
  })
  .meta({ id: 'AuditExports' });

/** `ocsf`: events of OCSF 1.8.0; `jsonl`: records as they stand in the log. */
export type AuditFormat = 'ocsf' | 'jsonl';

/** Which records to read. */
export interface AuditQuery {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly format: AuditFormat;
}

/** Query of the records. */
export const auditQuerySchema: z.ZodType<AuditQuery> = z.strictObject({
  since: instantSchema.optional().describe('written at or after this time; default: from the first record'),
  until: instantSchema.optional().describe('written before this time; default: now'),
  format: z
    .enum(['ocsf', 'jsonl'])
    .default('ocsf')
    .describe('ocsf: events of OCSF 1.8.0; jsonl: records as they stand in the log'),
});

/** A record on the wire. */
export const auditLineSchema: z.ZodType<Readonly<Record<string, unknown>>> = z
  .record(z.string(), z.unknown())
  .describe(
    'an event of OCSF or a record, as `format` says; or `type: error` with a problem, as the last one',
  );

/** Id of a verification. */
export const verificationIdSchema: z.ZodType<string> = z
  .string()
  .regex(/^ver_[0-9a-f]{16}$/, 'not the id of a verification');
