/** Who may answer, and when enough have. Pure. */
import type { Approver, Quorum } from '../model/approval.ts';
import type { ApprovalObligation } from '../model/obligation.ts';
import type { Principal } from '../model/principal.ts';
import type { ApprovalErrorCode } from './errors.ts';
import type { Answer, ApprovalRequest, Requester } from './request.ts';

/** What has to agree: each obligation by itself, and all of them. */
export function quorumsOf(obligations: readonly ApprovalObligation[]): readonly Quorum[] {
  return obligations.map(({ rule, by, count, comment }) => ({
    rule,
    groups: [...by],
    count,
    ...(comment === undefined ? {} : { comment }),
  }));
}

/** How many more people each quorum needs, in the order of the quorums. */
export function missingIn(quorums: readonly Quorum[], answers: readonly Answer[]): readonly number[] {
  return quorums.map(({ groups, count }) => {
    const people = new Set(
      answers
        .filter(
          ({ verdict, groups: own }) => verdict === 'approve' && own.some((group) => groups.includes(group)),
        )
        .map(({ by }) => by.subject),
    );
    return Math.max(0, count - people.size);
  });
}

/** Those of a principal's groups that a quorum asks for. */
export function quorumGroupsOf(
  principal: Pick<Principal, 'groups'>,
  quorums: readonly Quorum[],
): readonly string[] {
  const wanted = new Set(quorums.flatMap(({ groups }) => groups));
  return principal.groups.filter((group) => wanted.has(group));
}

/**
 * Why a principal may not answer a request; `undefined` when they may.
 * @param clientsOfPeople ids of clients that are no agents: to use the same one makes nobody the same
 */
export function whyNotAnswer(
  principal: Principal,
  { quorums, requester }: Pick<ApprovalRequest, 'quorums' | 'requester'>,
  clientsOfPeople: readonly string[] = [],
): ApprovalErrorCode | undefined {
  if (isEntangled(principal, requester, clientsOfPeople)) return 'ERR_APPROVALS_SELF';
  if (quorumGroupsOf(principal, quorums).length === 0) return 'ERR_APPROVALS_NOT_APPROVER';
  return principal.delegation.length > 0 ? 'ERR_APPROVALS_DELEGATED' : undefined;
}

/** Whether an answer of these groups has to say why. */
export function needsComment(groups: readonly string[], quorums: readonly Quorum[]): boolean {
  return quorums.some(
    ({ comment, groups: wanted }) => comment === 'required' && wanted.some((group) => groups.includes(group)),
  );
}

/** The same person (a subject counts whatever the issuer: one person at two issuers is one). */
export function isSamePerson(left: Approver, right: Approver): boolean {
  return left.subject === right.subject;
}

/** The one who asked: the same subject through the same agent. */
export function isRequester(principal: Principal, requester: Requester): boolean {
  return (
    principal.issuer === requester.issuer &&
    principal.subject === requester.subject &&
    principal.agent === requester.agent
  );
}

/** Any name of the one is a name of the other: nobody gets round the rule by asking through an agent, or answering through one. */
function isEntangled(
  principal: Principal,
  requester: Requester,
  clientsOfPeople: readonly string[],
): boolean {
  const names = new Set(namesOf(requester, clientsOfPeople));
  return namesOf(principal, clientsOfPeople).some((name) => names.has(name));
}

function namesOf(
  { subject, agent, delegation }: Omit<Requester, 'run' | 'issuer'>,
  clientsOfPeople: readonly string[],
): readonly string[] {
  const isAgent = agent !== undefined && !clientsOfPeople.includes(agent);
  return [subject, ...(isAgent ? [agent] : []), ...delegation.map((actor) => actor.subject)];
}
