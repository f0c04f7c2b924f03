import type { AccessRequest } from '../model/access-request.ts';
import type { CompiledPolicy } from './compile.ts';

/**
 * The request as it is once people opened these rules to whoever asks; for tests and explanations.
 * @throws Error for a rule that nobody may open
 */
export function withOpened(
  { rules }: Pick<CompiledPolicy, 'rules'>,
  request: AccessRequest,
  opened: readonly string[] | undefined,
): AccessRequest {
  if (opened === undefined || opened.length === 0) return request;
  const { principal, resource, account, context } = request;
  const { issuer, subject, agent, delegation, run } = principal;
  const window = {
    id: 'grt_test',
    holder: { issuer, subject, agent, delegation, run },
    resource: resource.name,
    account,
    rules: opened.map((id) => ({ id, terms: termsOf(rules, id) })),
    only: {},
    fromMs: context.nowMs,
    untilMs: context.nowMs + 1,
  };
  return { ...request, context: { ...context, windows: [window] } };
}

function termsOf(rules: CompiledPolicy['rules'], id: string): string {
  const access = rules.find((rule) => rule.id === id)?.access;
  if (access === undefined)
    throw new Error(`no rule \`${id}\` that people may open: it needs an \`access:\``);
  return access.terms;
}
