/** Who looks at the console. */
import { createContext, useContext } from 'react';
import type { Whoami } from '../../../gateway/src/api/contract/whoami.ts';

/** Only within a page of somebody who is signed in. */
export const ViewerContext = createContext<Whoami | undefined>(undefined);

/** Who is signed in, and what they may do. */
export function useViewer(): Whoami & {
  readonly canRead: boolean;
  readonly canAudit: boolean;
  readonly isAdmin: boolean;
} {
  const viewer = useContext(ViewerContext);
  if (viewer === undefined) throw new TypeError('this page is for people who are signed in');
  const { roles } = viewer;
  return {
    ...viewer,
    canRead: roles.includes('viewer'),
    canAudit: roles.includes('auditor'),
    isAdmin: roles.includes('admin'),
  };
}
