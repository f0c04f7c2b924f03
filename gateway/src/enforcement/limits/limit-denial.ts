import type { AccessRequest } from '../../model/access-request.ts';
import type { DenyDecision, PermitDecision } from '../../model/decision.ts';
import { nounOf } from '../nouns.ts';
import type { LimitExceeded } from './limit-exceeded.ts';
import { seconds } from './spoken.ts';

/** What a permit becomes when a cumulative bound is met: a denial that says how much there may be, and when again. */
export function denyOverLimit(
  permit: PermitDecision,
  access: AccessRequest,
  exceeded: LimitExceeded,
): DenyDecision {
  return {
    effect: 'deny',
    cause: 'limit',
    rules: exceeded.rule === '' ? [] : [exceeded.rule],
    subject: access.facts.statements[0]?.summary ?? access.facts.action,
    message: sentenceOf(exceeded, nounOf(access.facts.family)),
    ...(exceeded.retryAfterMs === undefined ? {} : { retryAfterMs: exceeded.retryAfterMs }),
    alternatives: [],
    observed: permit.observed,
    policy: permit.policy,
  };
}

function sentenceOf({ limit, allowed, used, asked = 1, retryAfterMs }: LimitExceeded, noun: string): string {
  switch (limit) {
    case 'statementsPerMinute': {
      if (allowed === 0) return `It permits no ${noun} at all`;
      const most = `At most ${allowed} ${noun}s a minute`;
      if (asked > allowed) return `${most}, and this text has ${asked}; send fewer at once`;
      const more = asked === 1 ? '' : ` and this text has ${asked}`;
      return `${most}, ${used} were sent${more}; wait ${seconds(retryAfterMs ?? 0)}`;
    }
    case 'distinctTables':
      return `A run may touch ${allowed} distinct tables, and touched ${used} before; use only those`;
    case 'probes':
      return `A run may ask ${allowed} different questions about masked columns, and asked ${used} before; ask for what the columns show`;
    case 'sessions':
      return `At most ${allowed} sessions at once, ${used} are open; close one and use it again`;
    case 'capacity':
      return 'The gateway counts for as many runs as it can at once, so it takes no further one now';
  }
}
