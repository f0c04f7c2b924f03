/** What a rule says nothing of, it does not allow: tricks with dimensions, against the real grammar. */
import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../../model/access-request.ts';
import { type CompiledPolicy, compilePolicy } from '../../policy/compile.ts';
import { explain } from '../../policy/explain.ts';
import { sqlFamily } from '../../sql/facts-family.ts';
import { analyseSql } from '../../sql/postgres/facts.ts';
import { createSqlParser } from '../../sql/postgres/parse.ts';
import { clientBaseline } from './client-baseline.ts';

const parser = await createSqlParser(18);

function policyOf(match: string, more = ''): CompiledPolicy {
  const text = `apiVersion: sallyport.dev/v1\nrules: [{ id: r, effect: allow, on: sql, match: ${match}${more} }]`;
  const policy = compilePolicy([{ path: 'p.yaml', text }], {
    families: [sqlFamily],
    presets: [clientBaseline],
    version: { hash: 'test' },
  });
  if (!policy.ok) throw new Error(policy.errors.map(({ message }) => message).join('\n'));
  return policy;
}

function request(sql: string): AccessRequest {
  const analysis = analyseSql(parser, sql, { searchPath: ['public'], epoch: 0 });
  if ('syntaxError' in analysis) throw new Error(analysis.syntaxError.message);
  return {
    principal: { issuer: 'i', subject: 's', groups: [], delegation: [], tokenDigest: '0', expiresAtMs: 0 },
    resource: { name: 'shop', protocol: 'postgres', labels: {}, mode: 'enforce' },
    account: 'app',
    facts: analysis.facts,
    context: { nowMs: 0, sessionId: 's', sourceAddress: '127.0.0.1', hints: {} },
  };
}

describe('P1: a rule for some objects', () => {
  it.each([
    ['{ functions: [lower] }', 'DELETE FROM secrets'],
    ['{ functions: [lower] }', "DELETE FROM secrets WHERE lower(a) = 'x'"],
    ['{ functions: [lower] }', 'SELECT lower(token) FROM secrets'],
    ['{ functions: [lower] }', "COPY (SELECT lower('x')) TO PROGRAM 'id'"],
    ['{ functions: [lower] }', 'CHECKPOINT'],
    ['{ functions: [lower] }', "SELECT lower(pg_read_file('/etc/passwd'))"],
    ['{ kinds: [SELECT, EXECUTE FUNCTION], functions: [public.report] }', 'SELECT report() FROM secrets'],
    ['{ kinds: [SELECT, EXECUTE FUNCTION], functions: [public.report] }', 'SELECT report(), (TABLE secrets)'],
    ['{ classes: [read, write, code], functions: ["*"] }', 'UPDATE secrets SET a = lower(a)'],
    ['{ tables: [public.orders] }', 'SELECT pg_sleep(1)'],
    ['{ tables: [public.orders] }', "SELECT pg_read_file('/etc/passwd') FROM orders"],
    ['{ tables: [public.orders] }', "COPY (SELECT 1) TO PROGRAM 'id'"],
    ['{ tables: [public.orders] }', 'COPY (TABLE secrets) TO STDOUT'],
    ['{ tables: ["*"] }', 'CHECKPOINT'],
    ['{ tables: ["*"] }', 'ALTER SYSTEM SET fsync = off'],
    ['{ tables: ["*"] }', 'SET ROLE postgres'],
    ['{ tables: ["*"] }', 'CALL wipe()'],
    ['{ tables: ["*"] }', "LOAD 'x'"],
    ['{ tables: ["*"] }', 'DROP ROLE bob'],
    ['{ columns: [public.orders.id] }', 'DELETE FROM secrets'],
    ['{ columns: [public.orders.id] }', 'TRUNCATE secrets'],
    ['{ columns: [public.orders.id] }', 'SELECT count(*) FROM secrets'],
    ['{ columns: [public.orders.id] }', 'SELECT o.id FROM orders o, secrets'],
    ['{ settings: [work_mem] }', 'DELETE FROM secrets'],
    ['{ settings: [work_mem] }', "DELETE FROM secrets WHERE set_config('work_mem', '1', true) = ''"],
    ['{ channels: [jobs] }', 'DROP TABLE secrets'],
    ['{ objects: [p] }', 'DELETE FROM secrets'],
    ['{ objects: [p] }', 'PREPARE p AS DELETE FROM secrets'],
    ['{ objects: [p] }', 'DECLARE p CURSOR FOR SELECT * FROM secrets'],
  ])('%s does not allow %s', (match, sql) => {
    expect(policyOf(match).engine.decide(request(sql)).effect).toBe('deny');
  });

  it.each([
    ['{ kinds: [EXECUTE FUNCTION], functions: [public.report] }', 'SELECT report()'],
    ['{ kinds: [SELECT], tables: [public.orders] }', 'SELECT lower(a), count(*) FROM orders GROUP BY 1'],
    ['{ kinds: [SELECT], columns: [public.orders.id] }', 'SELECT id FROM orders'],
    ['{ kinds: [SELECT, COPY], tables: [public.orders] }', 'COPY (SELECT a FROM orders) TO STDOUT'],
    ['{ kinds: [SELECT, COPY], tables: [public.orders] }', 'COPY orders TO STDOUT'],
    ['{ kinds: [SELECT], tables: [public.orders] }', 'EXPLAIN SELECT a FROM orders'],
    ['{ kinds: [SELECT], tables: [public.orders] }', 'PREPARE p AS SELECT a FROM orders'],
    ['{ kinds: [SELECT], tables: [public.orders] }', 'SELECT 1'],
    ['{ kinds: [SELECT], tables: [public.orders] }', 'COPY (SELECT now()) TO STDOUT'],
    ['{ kinds: [SELECT], tables: [public.orders] }', 'BEGIN; SELECT now(); SHOW server_version; COMMIT'],
    ['{ kinds: [SET], settings: [work_mem] }', "SELECT set_config('work_mem', '1MB', true)"],
  ])('%s allows %s, with what clients send', (match, sql) => {
    expect(policyOf(match).engine.decide(request(sql)).effect).toBe('permit');
  });

  it('does not oblige what it is not about, and is explained so', () => {
    const policy = policyOf(
      '{ kinds: [SELECT], tables: [public.orders] }',
      ', limits: { rows: 5 }, approval: { by: [dba], within: 5m }',
    );
    const { decision, rules } = explain(policy, request('SELECT version()'));
    expect(decision).toMatchObject({ effect: 'permit', obligations: [] });
    expect(rules.find(({ rule }) => rule === 'r')).toMatchObject({
      outcome: 'no-match',
      reasons: ['tables: the rule is about these; `SELECT` is on none of them'],
    });
    const both = explain(policy, request('SELECT 1; SELECT a FROM orders'));
    expect(both.decision).toMatchObject({ effect: 'permit' });
    expect(both.rules.find(({ rule }) => rule === 'r')?.outcome).toBe('covers-part');
  });
});
