import type { AccessRequest } from '../model/access-request.ts';
import type { Decision } from '../model/decision.ts';
import type { Facts } from '../model/facts.ts';
import type { Resource } from '../model/resource.ts';
import type { CaseFile, CasePrincipal, PolicyCase } from './case-file.ts';
import type { CompiledPolicy } from './compile.ts';
import { type Explanation, explain } from './explain.ts';
import type { FamilyBinding } from './family-binding.ts';
import { parseInstant } from './instant.ts';
import { withOpened } from './opened-request.ts';

/** What cases are run against. */
export interface CaseEnvironment {
  readonly bindings: readonly FamilyBinding[];
  /** Resources of the config, for cases that only name one. */
  readonly resources: readonly Resource[];
  /** The time of cases without `at`, in milliseconds since the epoch. */
  readonly nowMs: number;
  /** What becomes of a decision by what it obliges to; absent: it stays. */
  readonly oblige?: (decision: Decision, request: AccessRequest) => Decision;
}

/** The outcome of one case. */
export interface CaseResult {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly ok: boolean;
  /** What differs from what was expected. */
  readonly failures: readonly string[];
  /** One for each message of the case; empty when the facts could not be made. */
  readonly explanations: readonly Explanation[];
}

/** Runs all cases of some files. */
export function runCases(
  policy: CompiledPolicy,
  files: readonly CaseFile[],
  environment: CaseEnvironment,
): readonly CaseResult[] {
  return files.flatMap((file) =>
    file.cases.map(({ line, case: wanted }) => ({
      file: file.path,
      line,
      name: wanted.name,
      ...runCase(policy, wanted, environment),
    })),
  );
}

function runCase(
  policy: CompiledPolicy,
  wanted: PolicyCase,
  environment: CaseEnvironment,
): Pick<CaseResult, 'ok' | 'failures' | 'explanations'> {
  try {
    const { oblige = (decision) => decision } = environment;
    const explanations = requestsOf(wanted, environment).map((asked) => {
      const request = withOpened(policy, asked, wanted.opened);
      const explanation = explain(policy, request);
      return { ...explanation, decision: oblige(explanation.decision, request) };
    });
    const failures = compare(
      wanted,
      explanations.map(({ decision }) => decision),
    );
    return { ok: failures.length === 0, failures, explanations };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, failures: [`the case cannot be run: ${reason}`], explanations: [] };
  }
}

/** Makes the requests that a case stands for, one for each message. Throws an Error when the case makes no sense. */
export function requestsOf(wanted: PolicyCase, environment: CaseEnvironment): readonly AccessRequest[] {
  const binding = environment.bindings.find(({ family }) => family.name === wanted.asked.family);
  if (binding === undefined) {
    throw new Error(`no family \`${wanted.asked.family}\``);
  }
  const nowMs = wanted.at === undefined ? environment.nowMs : parseInstant(wanted.at, 'start');
  if (nowMs === undefined) {
    throw new Error('`at` is a date and time in ISO 8601 with an offset, such as `2026-11-27T09:00:00Z`');
  }
  const { resource, account } = resourceOf(wanted, binding, environment.resources);
  const principal = principalOf(wanted.as);
  return binding.factsFromCase(wanted.asked.body).map(
    (facts: Facts): AccessRequest => ({
      principal,
      resource,
      account: wanted.account ?? account,
      facts,
      context: { nowMs, sessionId: 'test', sourceAddress: wanted.from ?? '127.0.0.1', hints: {} },
    }),
  );
}

function resourceOf(
  wanted: PolicyCase,
  binding: FamilyBinding,
  configured: readonly Resource[],
): { readonly resource: Resource; readonly account: string } {
  const { to } = wanted;
  const named = typeof to === 'string' ? { name: to } : to;
  const known = configured.find(({ name }) => name === named.name);
  return {
    resource: {
      name: named.name,
      protocol: named.protocol ?? known?.protocol ?? binding.protocol,
      labels: named.labels ?? known?.labels ?? {},
      mode: 'enforce',
    },
    account: named.account ?? '',
  };
}

function principalOf(as: CasePrincipal): AccessRequest['principal'] {
  return {
    issuer: as.issuer ?? 'https://issuer.test',
    subject: as.subject ?? 'test-subject',
    groups: [...new Set(as.groups ?? [])].sort(),
    delegation: (as.actors ?? []).map((subject) => ({ subject })),
    tokenDigest: '0'.repeat(32),
    expiresAtMs: Number.MAX_SAFE_INTEGER,
    ...(as.agent === undefined ? {} : { agent: as.agent }),
    ...(as.run === undefined ? {} : { run: as.run }),
    ...(as.claims === undefined ? {} : { claims: as.claims }),
  };
}

/** A case of several messages is permitted if all are, and denied by the first that is. */
function compare(wanted: PolicyCase, decisions: readonly Decision[]): string[] {
  const decision = decisions.find(({ effect }) => effect === 'deny') ?? decisions.at(-1);
  if (decision === undefined) {
    return ['the case asks for nothing'];
  }
  const failures: string[] = [];
  if (decision.effect !== wanted.expect) {
    failures.push(`expected ${wanted.expect}, got ${decision.effect}`);
  }
  const rules = decision.effect === 'deny' ? decision.rules : decisions.flatMap((one) => one.rules);
  if (wanted.rule !== undefined && !rules.includes(wanted.rule)) {
    failures.push(`expected rule ${wanted.rule}, got ${rules.join(', ') || 'none'}`);
  }
  const cause = decision.effect === 'deny' ? decision.cause : undefined;
  if (wanted.cause !== undefined && wanted.cause !== cause) {
    failures.push(`expected cause ${wanted.cause}, got ${cause ?? 'none'}`);
  }
  const message = decision.effect === 'deny' ? decision.message : undefined;
  if (wanted.message !== undefined && wanted.message !== message) {
    failures.push(`expected message \`${wanted.message}\`, got \`${message ?? ''}\``);
  }
  const obligations = decisions.flatMap((one) => (one.effect === 'permit' ? one.obligations : []));
  for (const expected of wanted.obligations ?? []) {
    if (!obligations.some((obligation) => contains(obligation, expected))) {
      failures.push(`expected an obligation ${JSON.stringify(expected)}, got ${JSON.stringify(obligations)}`);
    }
  }
  return failures;
}

function contains(actual: object, expected: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(expected).every(
    ([key, value]) =>
      Object.hasOwn(actual, key) && JSON.stringify(Reflect.get(actual, key)) === JSON.stringify(value),
  );
}
