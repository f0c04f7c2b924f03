import { createContext } from 'react';
import type { FollowState } from '../api/approval-events.ts';

/** How the stream of approvals is, for the pages that live by it. */
export const FollowContext = createContext<FollowState>('connecting');
