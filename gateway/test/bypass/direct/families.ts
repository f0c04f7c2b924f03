/** What was tried, by what it tries. Each counts only if it works when it is sent to a server without a gateway; tests hold that. */
import { EXHAUSTION } from '../cases/exhaustion.ts';
import { CURSOR_ROWS, ROWS } from '../cases/row-limits.ts';
import { ATTEMPTS } from '../inference/cases/attempts.ts';
import { EXTENSIONS } from '../masks/cases/extensions.ts';
import { CHANGES, REFUSED_CHANGES } from '../row-filters/change-attempts.ts';
import { READS, REFUSED_READS } from '../row-filters/read-attempts.ts';
import { AGGREGATES } from '../twins/cases/aggregates.ts';
import { DELIVERIES } from '../twins/cases/deliveries.ts';
import { DYNAMIC } from '../twins/cases/dynamic.ts';
import { ENCODED } from '../twins/cases/encodings.ts';
import { PLANS } from '../twins/cases/plans.ts';
import { SCALARS } from '../twins/cases/scalars.ts';
import { SESSIONS } from '../twins/cases/sessions.ts';
import { SHAPES } from '../twins/cases/shapes.ts';
import { STRUCTURES } from '../twins/cases/structures.ts';
import { VOICES } from '../twins/cases/voices.ts';
import { WRITES as TWIN_WRITES } from '../twins/cases/writes.ts';
import { EVASIONS, isAttack, isAttempt, MASK_ATTACKS, STATES } from './attempts.ts';

const evasions = (...names: readonly (keyof typeof EVASIONS)[]): readonly unknown[] =>
  names.flatMap((name) => (EVASIONS[name] ?? []).filter(isAttempt));

const attacks = (...names: readonly (keyof typeof MASK_ATTACKS)[]): readonly unknown[] =>
  names.flatMap((name) => (MASK_ATTACKS[name] ?? []).filter(isAttack));

const isFailure = ({ name }: { readonly name: string }): boolean => name.startsWith('failures: ');

/** Attempts by family; none is in two of them. */
export const FAMILIES: Readonly<Record<string, readonly unknown[]>> = {
  'write evasion': [
    ...evasions('rules of hoop', 'incidents', 'unbounded writes', 'writes that are not granted'),
    ...evasions('schema, rights and code', 'utility statements'),
    ...CHANGES,
    ...REFUSED_CHANGES,
    ...TWIN_WRITES,
  ],
  'table evasion': [
    ...evasions('blind spots of hoopinspect', 'names', 'what deny rules name'),
    ...READS,
    ...REFUSED_READS,
  ],
  'mask evasion': [
    ...attacks(
      'plain columns',
      'expressions',
      'what is computed',
      'copies of values',
      'names of masked tables',
    ),
    ...attacks('code of the attacker'),
    ...SCALARS,
    ...AGGREGATES,
  ],
  inference: [
    ...ATTEMPTS.filter((attempt) => !isFailure(attempt)),
    ...attacks('what can be inferred'),
    ...SHAPES,
    ...PLANS,
    ...STRUCTURES,
  ],
  'error oracles': [...ATTEMPTS.filter(isFailure), ...attacks('words beside results'), ...VOICES],
  'dynamic SQL': [...evasions('functions'), ...EXTENSIONS, ...DYNAMIC],
  'session state': [...evasions('settings'), ...STATES, ...SESSIONS],
  'protocol state': [...attacks('conversations'), ...DELIVERIES],
  encoding: [...evasions('lexical tricks'), ...ENCODED],
  'resource exhaustion': [...EXHAUSTION, ...Object.keys(ROWS), ...Object.keys(CURSOR_ROWS)],
};
