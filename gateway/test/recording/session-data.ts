import type { RecordedRequest, RecordedSession } from '../../src/model/recording.ts';

/** A session that is recorded. */
export function session(id: string, more: Partial<RecordedSession> = {}): RecordedSession {
  return {
    session: id,
    protocol: 'postgres',
    principal: {
      issuer: 'https://idp.example',
      subject: 'alice',
      groups: ['data-agents'],
      agent: 'claims-bot',
      run: 'run-1',
      delegation: [],
      tokenDigest: 'ab'.repeat(16),
      expiresAtMs: 0,
    },
    resource: 'pg-prod',
    account: 'reader',
    sourceAddress: '127.0.0.1',
    hints: { application_name: 'psql' },
    details: { database: 'app' },
    ...more,
  };
}

/** A request that was permitted. */
export function request(id: string, n: number, more: Partial<RecordedRequest> = {}): RecordedRequest {
  return {
    exchange: `${id}.${n}`,
    request: { text: `SELECT ${n}` },
    summary: 'SELECT',
    effect: 'permit',
    decision: `dec_${n}`,
    rules: ['analytics-read'],
    policy: { hash: 'cd'.repeat(32) },
    ...more,
  };
}
