import { describe, expect, it } from 'vitest';
import type { Role } from './roles.ts';
import { createApiFixture, problemOf } from './testing/api-fixture.ts';
import { type EndpointRequest, endpointRequests } from './testing/endpoint-requests.ts';

/** Written by hand, so that a change of an endpoint's role shows. Whatever is not named is for readers. */
const KNOWN: Readonly<Record<Exclude<Role, 'reader'>, readonly string[]>> = {
  anyone: [
    'cancelRequest',
    'createCredential',
    'createSshCertificate',
    'followAccessRequests',
    'followApprovals',
    'listAccessRequests',
    'listAccessRules',
    'listApprovals',
    'listCredentials',
    'readRdpFile',
    'removeSlackLinks',
    'requestAccess',
    'revokeAccess',
    'revokeCredential',
    'showAccessRequest',
    'showApproval',
    'whoami',
  ],
  approver: [
    'approveAccess',
    'approveRequest',
    'createSlackCode',
    'denyAccess',
    'denyRequest',
    'reviewAccess',
  ],
  auditor: ['auditExports', 'auditHead', 'auditVerification', 'readAudit', 'verifyAudit'],
  admin: ['killSession', 'liftQuarantine', 'listWebhooks'],
};

/** Who holds which token of the fixture, and which endpoints are theirs. */
const HOLDERS: readonly (readonly [what: string, token: string, roles: readonly Role[]])[] = [
  ['no group', 'stranger', ['anyone']],
  ['groups that are named like roles and are none', 'odd', ['anyone']],
  ['the group of agents', 'agent', ['anyone']],
  ['a group of viewers', 'viewer', ['anyone', 'reader']],
  ['a group of approvers', 'dora', ['anyone', 'approver']],
  ['a group of auditors', 'reader', ['anyone', 'reader', 'auditor']],
  ['a group of admins', 'admin', ['anyone', 'reader', 'auditor', 'admin']],
];

function wanted({ operationId }: EndpointRequest): Role {
  const found = Object.entries(KNOWN).find(([, names]) => names.includes(operationId));
  return (found?.[0] ?? 'reader') as Role;
}

const MATRIX = HOLDERS.flatMap(([what, token, roles]) =>
  endpointRequests.map((one) => ({ ...one, what, token, isFor: roles.includes(wanted(one)) })),
);

describe('who may use which endpoint', () => {
  it.each(MATRIX)('$what, $method $path: $isFor', async ({ url, asking, token, isFor, path }) => {
    const { ask, accesses } = await createApiFixture({ groups: { approvers: ['dba'] } });
    const response = await ask(url, { ...asking, token });
    const access = { principal: { subject: token }, route: path };
    if (isFor) {
      if (response.status >= 400) expect((await problemOf(response)).code).not.toBe('ERR_API_FORBIDDEN');
      else await response.body?.cancel();
      expect(await accesses()).toMatchObject([{ ...access, outcome: 'permit' }]);
      return;
    }
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: 403, code: 'ERR_API_FORBIDDEN' });
    expect(problem.detail).toMatch(
      /^this is for .+; your groups (give you no role|make you .+); ask an administrator/,
    );
    expect(await accesses()).toMatchObject([{ ...access, outcome: 'deny', details: {} }]);
  });

  it('every name above is an endpoint', () => {
    const all = endpointRequests.map(({ operationId }) => operationId);
    for (const names of Object.values(KNOWN)) for (const name of names) expect(all).toContain(name);
  });

  it('where no group approves, whoever a rule names does', async () => {
    const { ask } = await createApiFixture();
    const answers = (one: EndpointRequest): boolean =>
      wanted(one) === 'approver' && one.operationId !== 'createSlackCode';
    for (const one of endpointRequests.filter(answers)) {
      const problem = await problemOf(await ask(one.url, { ...one.asking, token: 'stranger' }));
      expect(problem).toMatchObject({ status: 404, code: 'ERR_APPROVALS_UNKNOWN' });
    }
  });

  it('an approver of the config answers nothing that no rule lets them', async () => {
    const fixture = await createApiFixture({
      groups: { approvers: ['dba', 'sec'] },
      policy: `apiVersion: sallyport.dev/v1
rules: [{ id: enter, effect: allow, on: connect, match: { groups: [agents] }, access: { by: [dba], within: 15m, upTo: 1h } }]`,
    });
    const body = { resource: 'shop', durationMs: 60_000, justification: 'x' };
    const { id, digest } = (await fixture.read('/v1/access-requests', { token: 'agent', body })) as {
      readonly id: string;
      readonly digest: string;
    };
    const approve = (token: string): Promise<Response> =>
      fixture.ask(`/v1/access-requests/${id}/approve`, { token, body: { digest } });
    expect((await problemOf(await approve('sam'))).status).toBe(404);
    expect((await problemOf(await approve('admin'))).code).toBe('ERR_API_FORBIDDEN');
    expect((await approve('dora')).status).toBe(200);
  });

  it('auditors see all requests, and act on none', async () => {
    const fixture = await createApiFixture({
      policy: `apiVersion: sallyport.dev/v1
rules: [{ id: enter, effect: allow, on: connect, match: { groups: [agents] }, access: { by: [dba], within: 15m, upTo: 1h } }]`,
    });
    const body = { resource: 'shop', durationMs: 60_000, justification: 'x' };
    const { id, digest } = (await fixture.read('/v1/access-requests', { token: 'agent', body })) as {
      readonly id: string;
      readonly digest: string;
    };
    expect(await fixture.read(`/v1/access-requests/${id}`, { token: 'reader' })).toMatchObject({
      id,
      canAnswer: false,
    });
    for (const [path, sent] of [
      ['approve', { digest }],
      ['deny', { digest }],
      ['revoke', {}],
      ['review', { comment: 'x' }],
    ] as const) {
      const problem = await problemOf(
        await fixture.ask(`/v1/access-requests/${id}/${path}`, { token: 'reader', body: sent }),
      );
      expect(problem).toMatchObject({ status: 403, code: 'ERR_APPROVALS_NOT_APPROVER' });
    }
  });
});
