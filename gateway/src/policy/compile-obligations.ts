import type { Obligation } from '../model/obligation.ts';
import { compileQualifiedName } from '../names/qualified-name.ts';
import type { PlacedRule } from './compile-rule.ts';
import { parseDurationMs, parseSizeBytes } from './duration.ts';
import type { PolicyDiagnostic } from './errors.ts';
import type { LimitsSource, RuleSource } from './policy-document.ts';

const KEYS = ['mask', 'approval', 'limits'] as const;

/** Compiles `mask`, `approval` and `limits` of an allow rule; on a deny they are an error. */
export function compileObligations(
  placed: PlacedRule,
  id: string,
  problems: PolicyDiagnostic[],
): readonly Obligation[] {
  const { file, path, source } = placed;
  if (!('effect' in source)) {
    return [];
  }
  if (source.effect === 'deny') {
    for (const key of KEYS.filter((name) => source[name] !== undefined)) {
      const message = `\`${key}\` has no meaning on a deny rule: nothing passes`;
      problems.push(file.atKey('ERR_POLICY_CONTRADICTION', message, path, key));
    }
    return [];
  }
  checkMaskPatterns(placed, source, problems);
  const masks = (source.mask ?? []).map(
    (mask): Obligation => ({ kind: 'mask', rule: id, columns: mask.columns, method: mask.with ?? 'null' }),
  );
  const { approval, limits } = source;
  return [
    ...masks,
    ...(approval === undefined
      ? []
      : [
          {
            kind: 'approval',
            rule: id,
            by: [...new Set(approval.by)].sort(),
            count: approval.count ?? 1,
            withinMs: parseDurationMs(approval.within) ?? 0,
          } satisfies Obligation,
        ]),
    ...(limits === undefined ? [] : [limitsObligation(limits, id)]),
  ];
}

function limitsObligation(limits: LimitsSource, rule: string): Obligation {
  const { rows, bytes, timeout } = limits;
  const size = typeof bytes === 'string' ? parseSizeBytes(bytes) : bytes;
  const timeoutMs = timeout === undefined ? undefined : parseDurationMs(timeout);
  return {
    kind: 'limits',
    rule,
    ...(rows === undefined ? {} : { rows }),
    ...(size === undefined ? {} : { bytes: size }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function checkMaskPatterns(
  { file, path }: PlacedRule,
  source: RuleSource,
  problems: PolicyDiagnostic[],
): void {
  (source.mask ?? []).forEach((mask, entry) => {
    mask.columns.forEach((pattern, column) => {
      if (compileQualifiedName(pattern) === undefined) {
        const place = [...path, 'mask', entry, 'columns', column];
        problems.push(file.at('ERR_POLICY_PATTERN', `cannot read the column pattern \`${pattern}\``, place));
      }
    });
  });
}
