import type { ObligationFulfiller } from './index.ts';

/**
 * Fulfils approvals: the gate asks before an exchange is carried out (`fulfil.ts`).
 * @param asking names of the protocols that call `Gate.fulfil` before they carry out
 */
export function createApprovalFulfiller(asking: ReadonlySet<string>): ObligationFulfiller {
  return { kind: 'approval', canFulfil: (_obligation, access) => asking.has(access.resource.protocol) };
}
