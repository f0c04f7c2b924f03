import { describe, expect, it } from 'vitest';
import { closed, intent, opened } from '../../../test/audit/audit-fixture.ts';
import { problemsOf } from '../../../test/audit/ocsf/validate-ocsf.ts';
import type { AuditMark, AuditRecord } from '../../audit/record.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import { RecordContext } from './context.ts';
import { toOcsf } from './to-ocsf.ts';

const principal = {
  issuer: 'https://idp.example',
  subject: 'alice',
  groups: ['data-agents'],
  agent: 'bot',
  delegation: [{ subject: 'bot' }],
  run: 'run-1',
  tokenDigest: 'ab',
  expiresAtMs: 0,
};
const policy = { hash: 'cd'.repeat(32), commit: 'abc1234' };
const by = { issuer: 'https://idp.example', subject: 'dora' };
const approval = { approval: 'apr_1', digest: 'ef' };
const extent = { bytes: 1, frames: 1, chain: 'aa' };

const session = (protocol: string): AuditEvent => ({
  ...(opened(`ses_${protocol}`) as Extract<AuditEvent, { type: 'session.opened' }>),
  protocol,
});
const outcome = (id: string, status: 'ok' | 'error' | 'cancelled' | 'unknown'): AuditEvent => ({
  type: 'exchange.outcome',
  session: id,
  exchange: `${id}.1`,
  status,
  result: { rows: 1, sqlstate: '23505' },
  durationMs: 1.5,
});

/** One of each, in an order in which they may stand in a log. */
const EVENTS: readonly (AuditEvent | AuditMark)[] = [
  { type: 'gateway.started', version: '1', durability: 'synced' },
  { type: 'policy.loaded', policy, rules: 3 },
  { type: 'policy.rejected', errors: ['x'], kept: policy },
  ...['postgres', 'http', 'ssh', 'rdp'].flatMap((protocol): AuditEvent[] => [
    session(protocol),
    intent(`ses_${protocol}`, 1, {
      request: { text: 'SELECT 1', method: 'GET', path: '/x' },
      rules: ['r1', 'r2'],
      policy,
    }),
    outcome(`ses_${protocol}`, 'ok'),
    intent(`ses_${protocol}`, 2, { effect: 'deny', cause: 'rule', summary: 'UPDATE on t', policy }),
    closed(`ses_${protocol}`),
  ]),
  intent('ses_unknown', 1),
  outcome('ses_unknown', 'unknown'),
  outcome('ses_unknown', 'error'),
  closed('ses_unknown'),
  {
    type: 'authentication.failed',
    protocol: 'postgres',
    sourceAddress: '::1',
    code: 'ERR',
    message: 'no',
    claimed: {},
  },
  { type: 'authentication.throttled', sourceAddress: '', refused: 1, unrecorded: 2, since: '' },
  {
    type: 'destination.refused',
    protocol: 'http',
    principal,
    sourceAddress: '::1',
    destination: 'x:1',
    reason: 'no',
  },
  {
    type: 'api.access',
    principal,
    sourceAddress: '::1',
    method: 'GET',
    route: '/v1/sessions',
    outcome: 'permit',
    details: {},
  },
  {
    type: 'api.access',
    principal,
    sourceAddress: '::1',
    method: 'BREW',
    route: '/v1/x',
    outcome: 'deny',
    details: {},
  },
  {
    type: 'approval.preview',
    session: 'ses_postgres',
    decision: 'dec_1',
    resource: 'shop',
    summary: 'UPDATE on t',
    mode: 'exact',
  },
  {
    type: 'approval.requested',
    ...approval,
    session: 'ses_postgres',
    decision: 'dec_1',
    requester: principal,
    resource: 'shop',
    account: 'app',
    target: 'shop',
    summary: 'UPDATE on t',
    quorums: [],
    policy,
    windowMs: 1,
  },
  {
    type: 'approval.answered',
    ...approval,
    verdict: 'deny',
    approver: by,
    tokenDigest: 'ab',
    groups: [],
  },
  {
    type: 'approval.granted',
    ...approval,
    grant: 'grt_1',
    rules: [],
    approvers: [by],
    policy,
    expiresAtMs: 0,
  },
  { type: 'approval.consumed', ...approval, grant: 'grt_1', session: 'ses_postgres', decision: 'dec_1' },
  { type: 'approval.expired', ...approval },
  { type: 'approval.voided', ...approval, reason: 'cancelled', by },
  {
    type: 'finding.raised',
    finding: 'fnd_1',
    kind: 'repeated-denials',
    principal,
    session: 'ses_postgres',
    resource: 'shop',
    count: 3,
    statement: 'aa',
  },
  { type: 'quarantine.lifted', finding: 'fnd_1', by },
  { type: 'recording.mark', session: 'ses_postgres', ...extent },
  { type: 'recording.closed', session: 'ses_postgres', reason: 'ended', ...extent },
  { type: 'recording.failed', session: 'ses_postgres', cause: 'full', ...extent },
  { type: 'recording.deleted', session: 'ses_postgres', bytes: 1, chain: '', reason: 'old' },
  {
    type: 'credential.revoked',
    credential: 'crd_1',
    principal,
    sourceAddress: '::1',
    sessions: [],
  },
  { type: 'credential.used', credential: 'crd_1', session: 'ses_postgres', sourceAddress: '::1' },
  {
    type: 'session.regrouped',
    session: 'ses_postgres',
    groups: [],
    effect: 'deny',
    decision: 'dec_2',
    rules: [],
    policy,
  },
  { type: 'audit.repaired', segment: 1, line: 1, bytes: 1, sha256: 'aa' },
  { type: 'audit.recovered', failedAt: '', cause: 'full', held: 0, lost: 0 },
  { type: 'gateway.stopped', reason: 'SIGTERM' },
];

function recordOf(event: AuditEvent | AuditMark, seq = 1): AuditRecord {
  return { seq, at: '2026-11-26T12:00:00.000Z', prev: '00', hash: `h${seq}`, event };
}

function told(): readonly Record<string, unknown>[] {
  const context = new RecordContext();
  return EVENTS.map((event, index) => {
    const record = recordOf(event, index + 1);
    context.note(record);
    const one = toOcsf(record, context);
    if (one === undefined) throw new Error(`nothing is told of ${event.type}`);
    return { ...one };
  });
}

describe('records as OCSF events', () => {
  it.each(told().map((event, index) => [EVENTS[index]?.type ?? '', event] as const))(
    '%s is as OCSF 1.8.0 says',
    (_type, event) => {
      expect(problemsOf(event)).toEqual([]);
    },
  );

  it.each([
    ['postgres', 6005],
    ['http', 4002],
    ['ssh', 4007],
    ['rdp', 4005],
  ] as const)('what was asked over %s and what came of it are of class %i', (protocol, uid) => {
    const own = told().filter((_, index) => {
      const event = EVENTS[index];
      return (
        event?.type.startsWith('exchange.') === true &&
        'session' in event &&
        event.session === `ses_${protocol}`
      );
    });
    expect(own.map((event) => event['class_uid'])).toEqual([uid, uid, uid]);
  });

  it('the validation itself finds what is wrong', () => {
    const [{ app: _app, ...event } = { app: undefined }] = told();
    const broken = { ...event, type_uid: 1, surprise: 1, severity_id: 42 };
    expect(problemsOf(broken)).toEqual([
      'type_uid does not add up',
      'severity_id is no value',
      'event lacks app',
      'event.surprise is no attribute',
    ]);
  });

  it('a denial says so in the words of security_control, with rules and policy', () => {
    const denied = told().find((event) => event['action_id'] === 2 && event['class_uid'] === 6005);
    expect(denied).toMatchObject({
      disposition_id: 2,
      status_id: 2,
      activity_id: 2,
      policy: { uid: policy.hash, version: 'abc1234' },
      actor: { user: { uid: 'alice' }, app_uid: 'claims-bot', session: { uid: 'ses_postgres' } },
      src_endpoint: { ip: '127.0.0.1' },
      database: { name: 'app', type_id: 1 },
      metadata: { profiles: ['security_control'], correlation_uid: 'ses_postgres.2' },
    });
  });

  it('the whole record goes along, with its place in the chain', () => {
    expect(told()[0]?.['unmapped']).toEqual({ event: EVENTS[0], chain: { seq: 1, prev: '00', hash: 'h1' } });
  });

  it('marks of the chain are not told', () => {
    const mark = { type: 'audit.checkpoint', reason: 'time', keyId: 'k', signature: 's' } as const;
    expect(toOcsf(recordOf(mark), new RecordContext())).toBeUndefined();
  });
});
