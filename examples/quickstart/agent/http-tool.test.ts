import { expect, it } from 'vitest';
import { readAnswer } from './http-tool.ts';

const problem = (status: number, members: object): [number, string] => [
  status,
  JSON.stringify({ status, ...members }),
];

it("takes the gateway's refusal by its code, with the rule's own words", () => {
  const detail =
    'POLICY_DENIED [dec_1] DELETE /customers/{…}: denied by rule nothing-is-deleted. Close the ticket. ' +
    'Do not retry this request. Allowed instead: GET on /customers. Request access: quote dec_1 to your administrator.';
  expect(readAnswer(...problem(403, { code: 'POLICY_DENIED', detail }))).toEqual({
    kind: 'refused',
    message: detail,
    advice: 'Close the ticket.',
  });
  expect(readAnswer(...problem(429, { code: 'POLICY_DENIED', detail })).kind).toBe('refused');
});

it('knows a request that waits for people', () => {
  const detail =
    'APPROVAL_PENDING [apr_a-B_9] POST /refunds: rule large-refunds asks people first. Nothing was done.';
  expect(readAnswer(...problem(403, { code: 'APPROVAL_PENDING', detail }))).toEqual({
    kind: 'pending',
    message: detail,
    approval: 'apr_a-B_9',
  });
});

it('does not take an error of the service for a refusal: the request had arrived there', () => {
  expect(readAnswer(403, 'Forbidden')).toEqual({ kind: 'failed', message: '403 Forbidden' });
  expect(readAnswer(...problem(401, { detail: 'this service answers other services only' })).kind).toBe(
    'failed',
  );
  expect(
    readAnswer(...problem(500, { code: 'POLICY_DENIED', detail: 'POLICY_DENIED [d] x: y. z' })).kind,
  ).toBe('failed');
  expect(readAnswer(...problem(403, { detail: 'POLICY_DENIED [d] x: y. z' })).kind).toBe('failed');
});

it('gives what was let through, whatever it is', () => {
  expect(readAnswer(201, '{"id":1}')).toEqual({
    kind: 'permitted',
    tool: 'http',
    status: 201,
    json: { id: 1 },
  });
  expect(readAnswer(204, '')).toEqual({ kind: 'permitted', tool: 'http', status: 204, json: undefined });
  expect(readAnswer(200, '<html>')).toMatchObject({ kind: 'permitted', json: undefined });
});
