import type { ReactNode } from 'react';
import type { ApiApprovalStatus } from '../../../../gateway/src/api/contract/approval.ts';
import type { IconName } from '../../design/icons.tsx';
import { Tag, type Tone } from '../../design/pieces.tsx';

const STATES: Readonly<Record<ApiApprovalStatus, readonly [Tone, IconName, string]>> = {
  open: ['wait', 'clock', 'waits'],
  approved: ['good', 'check', 'approved, not yet used'],
  consumed: ['good', 'check', 'approved and run'],
  denied: ['bad', 'cross', 'denied'],
  expired: ['plain', 'clock', 'expired'],
  voided: ['plain', 'cross', 'withdrawn'],
};

/** Where a request stands. */
export function StatusTag({ status }: { readonly status: ApiApprovalStatus }): ReactNode {
  const [tone, icon, text] = STATES[status];
  return (
    <Tag icon={icon} tone={tone}>
      {text}
    </Tag>
  );
}
