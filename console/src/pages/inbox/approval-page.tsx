import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { approvalRoute } from '../../app/router.tsx';
import { Page } from '../../design/pieces.tsx';
import { ApprovalCard } from './approval-card.tsx';

/** One request by itself: what a link in a message leads to. */
export function ApprovalPage(): ReactNode {
  const { approval } = approvalRoute.useParams();
  return (
    <Page text={<Link to="/inbox">All requests</Link>} title="Request for approval">
      <ApprovalCard id={approval} />
    </Page>
  );
}
