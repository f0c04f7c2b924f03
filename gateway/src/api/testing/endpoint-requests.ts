import type { Role } from '../roles.ts';
import { endpoints } from '../routes/index.ts';
import type { Asking } from './api-fixture.ts';

/** An endpoint with a request that it accepts, so that a refusal has one reason only. */
export interface EndpointRequest {
  readonly operationId: string;
  readonly method: string;
  /** Template of the path. */
  readonly path: string;
  readonly role: Role;
  readonly url: string;
  readonly asking: Asking;
}

const BODIES: Readonly<Record<string, unknown>> = {
  explainPolicy: { as: {}, to: 'shop', ask: { family: 'connect', body: 'shop' } },
  verifyAudit: {},
  killSession: {},
  createCredential: { resource: 'shop' },
  createSshCertificate: { publicKey: `ssh-ed25519 ${'A'.repeat(68)}` },
  approveRequest: { digest: '0'.repeat(64) },
  denyRequest: { digest: '0'.repeat(64) },
  cancelRequest: {},
  requestAccess: { resource: 'shop', durationMs: 60_000, justification: 'ticket 4711' },
  approveAccess: { digest: '0'.repeat(64) },
  denyAccess: { digest: '0'.repeat(64) },
  revokeAccess: {},
  reviewAccess: { comment: 'fine' },
};

/** Every endpoint there is. */
export const endpointRequests: readonly EndpointRequest[] = endpoints.map(
  ({ operationId, method, path, role }) => ({
    operationId,
    method,
    path,
    role,
    url: path.replace('{id}', idIn(path)),
    asking: { method: method.toUpperCase(), body: BODIES[operationId] },
  }),
);

function idIn(path: string): string {
  if (path.includes('credentials')) return 'cred_0123456789abcdef';
  if (path.includes('runs')) return `run_${Buffer.from('["run-1","agent",null]').toString('base64url')}`;
  if (path.includes('quarantines')) return `fnd_${'0'.repeat(24)}`;
  if (path.includes('approvals')) return `apr_${'0'.repeat(24)}`;
  if (path.includes('access-requests')) return `acc_${'0'.repeat(24)}`;
  return path.includes('verify') ? 'ver_0123456789abcdef' : 'ses_0000000000000001';
}
