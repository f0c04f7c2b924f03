/** The audit as a whole: its head to keep elsewhere, and the proof that it is as it was written. */
import { streamAudit } from '../audit-stream.ts';
import {
  type AuditHead,
  type AuditQuery,
  auditHeadSchema,
  auditLineSchema,
  auditQuerySchema,
  type ExportList,
  exportListSchema,
  type Verification,
  type VerifyRequest,
  verificationIdSchema,
  verificationSchema,
  verifyRequestSchema,
} from '../contract/audit.ts';
import type { Endpoint } from '../endpoint.ts';
import { ApiError } from '../errors.ts';

const head: Endpoint<unknown, unknown, AuditHead> = {
  method: 'get',
  path: '/v1/audit/head',
  operationId: 'auditHead',
  tag: 'audit',
  summary: 'The last record of the audit, to be kept where the gateway cannot write',
  role: 'auditor',
  // An anchor that a power cut takes back would be a false alarm: the record of this access is synced first.
  isSynced: true,
  answer: { schema: auditHeadSchema, description: 'Sequence number and hash of the last record.' },
  details: () => ({}),
  handle: async (_, { services, recorded }) => {
    await recorded;
    const { log } = services.audit;
    const { seq, hash } = log.head();
    return { seq, hash, keyId: log.keyId, anchor: `${seq}:${hash}` };
  },
};

const verify: Endpoint<unknown, VerifyRequest, Verification> = {
  method: 'post',
  path: '/v1/audit/verify',
  operationId: 'verifyAudit',
  tag: 'audit',
  summary: 'Verify the whole audit',
  description:
    'Runs beside the gateway, one at a time. Answers 200 with the report when it is soon over, else 202: ask `GET /v1/audit/verify/{id}` then. It uses the public key in the data folder, so it cannot find a rewrite by somebody who could write there: `sallyport audit verify --public-key` with a key and an anchor kept elsewhere can.',
  role: 'auditor',
  body: verifyRequestSchema,
  answer: { schema: verificationSchema, description: 'The verification, with its report when it is over.' },
  status: ({ state }) => (state === 'running' ? 202 : 200),
  details: ({ body }) => (body.anchor === undefined ? {} : { anchor: body.anchor }),
  handle: ({ body }, { services }) => {
    const [, seq = '', hash = ''] = /^(\d+):(.*)$/.exec(body.anchor ?? '') ?? [];
    return services.audit.verifications.start(hash === '' ? undefined : { seq: Number(seq), hash });
  },
};

const verification: Endpoint<unknown, unknown, Verification> = {
  method: 'get',
  path: '/v1/audit/verify/{id}',
  operationId: 'auditVerification',
  tag: 'audit',
  summary: 'How a verification stands',
  role: 'auditor',
  id: { schema: verificationIdSchema, description: 'id of the verification: `ver_…`' },
  answer: { schema: verificationSchema, description: 'The verification, with its report when it is over.' },
  details: ({ id }) => ({ verification: id }),
  handle: ({ id }, { services }) => {
    const found = services.audit.verifications.find(id);
    if (found !== undefined) return found;
    throw new ApiError(
      'ERR_API_UNKNOWN_VERIFICATION',
      'this gateway knows no verification of this id; only the last ones are kept, until it stops',
    );
  },
};

const exported: Endpoint<unknown, unknown, ExportList> = {
  method: 'get',
  path: '/v1/audit/exports',
  operationId: 'auditExports',
  tag: 'audit',
  summary: 'How the exports of the audit do',
  role: 'auditor',
  answer: { schema: exportListSchema, description: 'Each export, and how far it has come.' },
  details: () => ({}),
  handle: async (_, { services }) => {
    const head = services.audit.log.head().seq;
    const states = services.audit.exports?.() ?? [];
    return {
      exports: states.map(({ lastFailure, lastSentMs, ...one }) => ({
        ...one,
        behind: Math.max(0, head - one.seq),
        ...(lastSentMs === undefined ? {} : { lastSentAt: new Date(lastSentMs).toISOString() }),
        ...(lastFailure === undefined
          ? {}
          : { lastFailure: { at: new Date(lastFailure.atMs).toISOString(), reason: lastFailure.reason } }),
      })),
    };
  },
};

const records: Endpoint<AuditQuery, unknown, ReadableStream<Uint8Array>> = {
  method: 'get',
  path: '/v1/audit/records',
  operationId: 'readAudit',
  tag: 'audit',
  summary: 'Read the records of a time, as events of OCSF or as they stand in the log',
  description:
    'One line of JSON for each, in order. A last line of type `error` says that the rest is missing. The chain is not verified: `POST /v1/audit/verify` does that. It ends with the token, after an hour at the latest.',
  role: 'auditor',
  query: auditQuerySchema,
  answer: { schema: auditLineSchema, description: 'Lines of JSON.', mediaType: 'application/x-ndjson' },
  details: ({ query: { since, until, format } }) => ({
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    format,
  }),
  handle: async ({ query: { since, until, format } }, { services, principal, recorded }) => {
    const sinceMs = since === undefined ? undefined : Date.parse(since);
    const untilMs = until === undefined ? services.clock.nowMs() : Date.parse(until);
    if (sinceMs !== undefined && sinceMs >= untilMs)
      throw new ApiError('ERR_API_INVALID', '`until` has to be after `since`, and `since` in the past');
    // A stream begins before its answer is over: what is read must be on record first.
    await recorded;
    return streamAudit(services, {
      ...(sinceMs === undefined ? {} : { sinceMs }),
      untilMs,
      format,
      principal,
    });
  },
};

/** The endpoints of the audit. */
export const auditEndpoints: readonly Endpoint[] = [
  head,
  verify,
  verification,
  exported,
  records,
] as readonly Endpoint[];
