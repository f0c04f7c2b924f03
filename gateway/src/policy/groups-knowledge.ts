import type { PlacedRule } from './compile-rule.ts';
import { didYouMean } from './did-you-mean.ts';
import type { PolicyDiagnostic } from './errors.ts';
import type { SourcePath } from './source-file.ts';

/** What the config says about the groups that principals can have. */
export interface GroupsKnowledge {
  /** Groups that some issuer's mapping can produce; `any` where an issuer passes claims through unmapped. */
  readonly producible: readonly string[] | 'any';
  /** Groups that are named as a target of a mapping. */
  readonly mapped: readonly string[];
  /** Says more exactly whether a group can be produced, for issuers that pass names through with a prefix. */
  canProduce?(group: string): boolean;
}

/**
 * Warns of groups in rules that no issuer can produce (the rule never applies: usually a typing error), and of mapped
 * groups that no rule names.
 */
export function checkGroups(placed: readonly PlacedRule[], knowledge: GroupsKnowledge): PolicyDiagnostic[] {
  const used = new Set<string>();
  const findings: PolicyDiagnostic[] = [];
  for (const entry of placed) {
    for (const { group, path } of groupsOf(entry)) {
      used.add(group);
      if (!isProducible(group, knowledge)) {
        const help = didYouMean(group, knowledge.producible === 'any' ? [] : knowledge.producible);
        const message = `no issuer mapping produces the group \`${group}\`${help}`;
        findings.push(entry.file.at('WARN_POLICY_GROUP', message, path));
      }
    }
  }
  const first = placed[0];
  const unused = [...new Set(knowledge.mapped)].filter((group) => !used.has(group));
  if (first !== undefined) {
    for (const group of unused) {
      findings.push(first.file.at('WARN_POLICY_GROUP', `no rule uses the mapped group \`${group}\``, []));
    }
  }
  return findings;
}

function isProducible(group: string, knowledge: GroupsKnowledge): boolean {
  if (knowledge.canProduce !== undefined) {
    return knowledge.canProduce(group);
  }
  return knowledge.producible === 'any' || knowledge.producible.includes(group);
}

function groupsOf({
  path,
  source,
}: PlacedRule): readonly { readonly group: string; readonly path: SourcePath }[] {
  const matched = (source.match?.groups ?? []).map((group, index) => ({
    group,
    path: [...path, 'match', 'groups', index],
  }));
  if (!('effect' in source)) return matched;
  const { approval, access } = source;
  const named = (groups: readonly string[] | undefined, ...at: readonly string[]): typeof matched =>
    (groups ?? []).map((group, index) => ({ group, path: [...path, ...at, index] }));
  return [
    ...matched,
    ...named(approval?.by, 'approval', 'by'),
    ...named(access?.by, 'access', 'by'),
    ...named(access?.breakGlass?.by, 'access', 'breakGlass', 'by'),
  ];
}
