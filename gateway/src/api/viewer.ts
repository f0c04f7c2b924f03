import type { Viewer } from '../approvals/approvals-inbox.ts';
import { cursorError, decodeCursor } from './cursor.ts';
import type { EndpointScope } from './endpoint.ts';
import { rolesOf } from './roles.ts';

/** Who looks at requests for approval, with what they may see. */
export function viewerOf({ principal, services }: EndpointScope): Viewer {
  const roles = rolesOf(principal, services.groups);
  return { principal, isAdmin: roles.includes('admin'), isAuditor: roles.includes('auditor') };
}

/** The place in a list that a cursor of this kind stands for. @throws ApiError */
export function placeOf(kind: string, cursor: string): number {
  const place = Number(decodeCursor(kind, cursor));
  if (!Number.isSafeInteger(place)) throw cursorError();
  return place;
}
