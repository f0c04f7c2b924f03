import pg from 'pg';
import { expect, it } from 'vitest';
import { readDatabaseError } from './sql-tool.ts';

function databaseError(code: string, message: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code });
}

it("takes the rule's own words from a refusal, and nothing else", () => {
  const message =
    'POLICY_DENIED [dec_1] DROP TABLE public.support_tickets: denied by rule no-schema-changes. ' +
    'Schema changes go through a migration. Do not retry this statement. Allowed instead: SELECT on public.orders. ' +
    'Request access: quote dec_1 to your administrator.';
  expect(readDatabaseError(databaseError('42501', message))).toEqual({
    kind: 'refused',
    message,
    advice: 'Schema changes go through a migration.',
  });
});

it('takes the alternatives where the rule has no words', () => {
  const message =
    'POLICY_DENIED [d] SELECT on public.x: no rule allows it. Do not retry this statement. Allowed instead: SELECT on public.y.';
  expect(readDatabaseError(databaseError('42501', message))).toMatchObject({
    advice: 'Allowed instead: SELECT on public.y.',
  });
});

it('falls back to the reason where a refusal gives no advice', () => {
  const message = 'POLICY_DENIED [d] SELECT on public.x: no rule allows it. Do not retry this statement.';
  expect(readDatabaseError(databaseError('42501', message))).toMatchObject({
    kind: 'refused',
    advice: 'no rule allows it',
  });
});

it("does not take PostgreSQL's own permission error for a refusal: the statement had arrived there", () => {
  expect(
    readDatabaseError(databaseError('42501', 'permission denied for table integration_tokens')).kind,
  ).toBe('failed');
});

it('does not take another code for a refusal, whatever the text says', () => {
  expect(readDatabaseError(databaseError('57014', 'POLICY_DENIED [d] x: y. z')).kind).toBe('failed');
  expect(readDatabaseError(new Error('POLICY_DENIED [d] x: y. z')).kind).toBe('failed');
});

it('knows a request that waits for people, by its code and its id', () => {
  const message =
    'APPROVAL_PENDING [apr_a-B_9] DELETE on public.x: rule y asks people first, and they were asked. Nothing was done.';
  expect(readDatabaseError(databaseError('SPA01', message))).toEqual({
    kind: 'pending',
    message,
    approval: 'apr_a-B_9',
  });
  expect(readDatabaseError(databaseError('42501', message)).kind).toBe('failed');
  expect(readDatabaseError(databaseError('SPA01', 'something else')).kind).toBe('failed');
});
