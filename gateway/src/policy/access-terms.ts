/** Rules that permit nothing until people open them: what they ask for, and whether a request brings an open window. */
import type { AccessRequest } from '../model/access-request.ts';
import type { AccessWindow, WindowHolder } from '../model/access-window.ts';
import type { Atom } from '../model/facts.ts';
import type { Principal } from '../model/principal.ts';

/** An `access:`, ready to be asked. */
export interface AccessTerms {
  readonly rule: string;
  /** Groups of those who open it, sorted. */
  readonly by: readonly string[];
  readonly count: number;
  /** How long a request stays open, in milliseconds. */
  readonly withinMs: number;
  /** Longest window, in milliseconds. */
  readonly upToMs: number;
  readonly comment?: 'required';
  /** Who may open it at once, and when the review afterwards is due. */
  readonly breakGlass?: { readonly by: readonly string[]; readonly reviewWithinMs: number };
  /** Everything that changes what the rule permits, as one text; see `OpenedRule.terms`. */
  readonly terms: string;
  /** Dimensions of its family. */
  readonly dimensions: readonly string[];
  /** Whether an atom fits what narrows a window; what cannot be read fits nothing. */
  fits(only: AccessWindow['only'], atom: Atom): boolean;
  /** Keys and patterns of what narrows a window that cannot be read for this rule's family. */
  unreadable(only: AccessWindow['only']): readonly string[];
}

/** Whether the request brings a window that opens the rule at all. */
export function isOpened(access: AccessTerms, request: AccessRequest): boolean {
  return request.context.windows?.some((window) => opens(window, access, request)) === true;
}

/** The window by which the rule covers an atom that it matches; undefined where none does. */
export function windowFor(access: AccessTerms, request: AccessRequest, atom: Atom): string | undefined {
  return request.context.windows?.find(
    (window) => opens(window, access, request) && access.fits(window.only, atom),
  )?.id;
}

/** The same principal through the same actor, and, where a run was proved, in the same run. */
export function isHolder(holder: WindowHolder, principal: Principal): boolean {
  return (
    holder.issuer === principal.issuer &&
    holder.subject === principal.subject &&
    holder.agent === principal.agent &&
    (holder.run === undefined || holder.run === principal.run) &&
    holder.delegation.length === principal.delegation.length &&
    holder.delegation.every((actor, index) => {
      const other = principal.delegation[index];
      return actor.subject === other?.subject && actor.issuer === other.issuer;
    })
  );
}

/** Asked anew although the gate looked it up: the decision does not rely on who put the window there. */
function opens(window: AccessWindow, { rule, terms }: AccessTerms, request: AccessRequest): boolean {
  const { nowMs } = request.context;
  return (
    nowMs >= window.fromMs &&
    nowMs < window.untilMs &&
    window.resource === request.resource.name &&
    window.account === request.account &&
    window.rules.some((opened) => opened.id === rule && opened.terms === terms) &&
    isHolder(window.holder, request.principal)
  );
}
