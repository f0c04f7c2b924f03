/** The policy in effect, and how it decides. */
import type { AccessRequest } from '../../model/access-request.ts';
import type { PolicyCase } from '../../policy/case-file.ts';
import type { CompiledRule } from '../../policy/compiled-rule.ts';
import { type Explanation, explain } from '../../policy/explain.ts';
import { withOpened } from '../../policy/opened-request.ts';
import { requestsOf } from '../../policy/run-cases.ts';
import {
  type ExplainAnswer,
  type ExplainRequest,
  explainAnswerSchema,
  explainRequestSchema,
  type PolicyRule,
  type PolicySummary,
  policySummarySchema,
} from '../contract/policy.ts';
import type { Endpoint } from '../endpoint.ts';
import { ApiError } from '../errors.ts';

const summary: Endpoint<unknown, unknown, PolicySummary> = {
  method: 'get',
  path: '/v1/policy',
  operationId: 'showPolicy',
  tag: 'policy',
  summary: 'The policy in effect: version, rules, warnings',
  role: 'reader',
  answer: { schema: policySummarySchema, description: 'The policy that decides at this moment.' },
  details: () => ({}),
  handle: (_, { services }) => {
    const { version, rules, presets, warnings } = services.policy.current();
    return {
      version,
      rules: rules.map(toRule),
      presets,
      warnings: warnings.map(({ code, message, path, line, column }) => ({
        code,
        message,
        path,
        line,
        column,
      })),
    };
  },
};

const explanation: Endpoint<unknown, ExplainRequest, ExplainAnswer> = {
  method: 'post',
  path: '/v1/policy/explain',
  operationId: 'explainPolicy',
  tag: 'policy',
  summary: 'Explain how a request would be decided, rule by rule',
  description: 'Nothing is sent anywhere. The keys are those of a case in `*.test.yaml`.',
  role: 'reader',
  body: explainRequestSchema,
  answer: { schema: explainAnswerSchema, description: 'One explanation for each message of the request.' },
  details: ({ body }) => ({ resource: body.to, family: body.ask.family }),
  handle: async ({ body }, { services }) => {
    const resources = services.resources.map(({ resource }) => resource);
    if (!resources.some(({ name }) => name === body.to)) {
      throw invalid(`the config has no resource \`${body.to}\``);
    }
    const bindings = await services.policy.families();
    const nowMs = services.clock.nowMs();
    const policy = services.policy.current();
    const requests = requestsFor(() =>
      requestsOf(toCase(body), { bindings, resources, nowMs }).map((request) =>
        withOpened(policy, request, body.opened),
      ),
    );
    if (policy.rules.length * weightOf(requests) > MAX_WORK) {
      throw invalid('it asks for too much at once under this many rules; use `sallyport policy explain`');
    }
    return { explanations: requests.map((request) => withFewReasons(explain(policy, request))) };
  },
};

/**
 * Most comparisons of an atom with a rule: about 0.2 s, during which nobody else is served. Each may leave a reason of
 * the length of the atom's values, so those weigh too (P10).
 */
const MAX_WORK = 20_000;
/** Reasons that an answer gives for one rule. */
const MAX_REASONS = 20;

function toRule(rule: CompiledRule): PolicyRule {
  const { id, effect, family, mode, source, preset, scope, dimensions, when, message, description } = rule;
  return {
    id,
    effect,
    on: family,
    mode,
    source: `${source.path}:${source.line}`,
    ...(preset === undefined ? {} : { preset }),
    phrase: rule.phrase,
    conditions: [
      ...scope.map(({ key, wanted }) => ({ on: key, wanted })),
      ...dimensions.map(({ name, patterns }) => ({ on: name, wanted: patterns.join(', ') })),
      ...(rule.time === undefined ? [] : [{ on: 'time', wanted: rule.time.wanted }]),
    ],
    ...(when === undefined ? {} : { when: when.source }),
    ...(message === undefined ? {} : { message }),
    ...(description === undefined ? {} : { description }),
    obligations: rule.obligations,
  };
}

/** The endpoints of the policy. */
export const policyEndpoints: readonly Endpoint[] = [summary, explanation] as readonly Endpoint[];

function toCase({ as, to, account, at, from, opened, ask }: ExplainRequest): PolicyCase {
  const asked = { family: ask.family, body: ask.body };
  return { name: 'explain', as, to, account, at, from, opened, expect: 'permit', asked };
}

/** What makes no sense is the caller's to mend; a TypeError or the like is ours. */
function requestsFor<Requests>(make: () => Requests): Requests {
  try {
    return make();
  } catch (error) {
    if (error instanceof Error && error.constructor === Error) throw invalid(error.message);
    throw error;
  }
}

function weightOf(requests: readonly AccessRequest[]): number {
  const atoms = requests.flatMap(({ facts }) => facts.statements.flatMap((statement) => statement.atoms));
  return atoms.reduce((sum, { values }) => {
    const characters = Object.values(values)
      .flat()
      .reduce((length, value) => length + value.length, 0);
    return sum + 1 + Math.floor(characters / 1000);
  }, 0);
}

function withFewReasons(explanation: Explanation): Explanation {
  const rules = explanation.rules.map((rule) => {
    const { length } = rule.reasons;
    if (length <= MAX_REASONS) return rule;
    return { ...rule, reasons: [...rule.reasons.slice(0, MAX_REASONS), `and ${length - MAX_REASONS} more`] };
  });
  return { ...explanation, rules };
}

function invalid(message: string): ApiError {
  return new ApiError('ERR_API_INVALID', `the request cannot be explained: ${message}`);
}
