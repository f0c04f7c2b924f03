import type { AccessRequest } from '../model/access-request.ts';
import { compileGlobs } from '../names/glob.ts';
import type { Calendar } from './calendar.ts';
import type { ScopeSource } from './policy-document.ts';

/** One key of a rule's scope: what the rule wants, what the request has, and whether they meet. */
export interface ScopeCondition {
  readonly key: string;
  /** What the rule asks for, for explanations. */
  readonly wanted: string;
  holds(request: AccessRequest): boolean;
  /** What the request has instead, for explanations. */
  actual(request: AccessRequest): string;
}

/**
 * Compiles the keys of `match:` that concern who and where. They depend on nothing but principal, resource and
 * account, so an index may evaluate them once per session. `time` is apart: {@link timeCondition}.
 */
export function compileScope(source: ScopeSource, effect: 'allow' | 'deny'): readonly ScopeCondition[] {
  return [
    exact('issuers', source.issuers, (request) => [request.principal.issuer]),
    glob('subjects', source.subjects, (request) => [request.principal.subject]),
    exact('groups', source.groups, (request) => request.principal.groups),
    glob('agents', source.agents, (request) =>
      request.principal.agent === undefined ? [] : [request.principal.agent],
    ),
    glob('actors', source.actors, (request) => actorsFor(request, effect)),
    glob('resources', source.resources, (request) => [request.resource.name]),
    exact('protocols', source.protocols, (request) => [request.resource.protocol]),
    ...labelConditions(source.labels ?? {}),
    glob('accounts', source.accounts, (request) => [request.account]),
  ].filter((condition) => condition !== undefined);
}

/**
 * RFC 8693 section 4.1: only the current actor may be considered for access; earlier ones are informational. An allow
 * therefore looks at the first link; a deny, which can only tighten, at every link.
 */
function actorsFor(request: AccessRequest, effect: 'allow' | 'deny'): readonly string[] {
  const chain = request.principal.delegation;
  return (effect === 'allow' ? chain.slice(0, 1) : chain).map((actor) => actor.subject);
}

type Values = (request: AccessRequest) => readonly string[];

function exact(
  key: string,
  wanted: readonly string[] | undefined,
  values: Values,
): ScopeCondition | undefined {
  if (wanted === undefined) {
    return undefined;
  }
  const words = new Set(wanted);
  return anyOf(key, wanted, values, (value) => words.has(value));
}

function glob(
  key: string,
  wanted: readonly string[] | undefined,
  values: Values,
): ScopeCondition | undefined {
  return wanted === undefined ? undefined : anyOf(key, wanted, values, compileGlobs(wanted));
}

function anyOf(
  key: string,
  wanted: readonly string[],
  values: Values,
  matches: (value: string) => boolean,
): ScopeCondition {
  return {
    key,
    wanted: listed(wanted),
    holds: (request) => values(request).some(matches),
    actual: (request) => listed(values(request)),
  };
}

function labelConditions(labels: Readonly<Record<string, readonly string[]>>): ScopeCondition[] {
  return Object.entries(labels).map(([label, wanted]) => {
    const values: Values = ({ resource }) =>
      Object.hasOwn(resource.labels, label) ? [resource.labels[label] ?? ''] : [];
    return anyOf(`labels.${label}`, wanted, values, compileGlobs(wanted));
  });
}

/** Compiles `match.time` against its calendar. */
export function timeCondition(calendar: Calendar, isInside: boolean): ScopeCondition {
  return {
    key: 'time',
    wanted: isInside ? `inside ${calendar.name}` : `outside ${calendar.name}`,
    holds: (request) => calendar.contains(request.context.nowMs) === isInside,
    actual: () => (isInside ? 'outside' : 'inside'),
  };
}

function listed(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.join(', ');
}
