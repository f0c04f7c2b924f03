import type { CheckResult } from '../../model/check-result.ts';
import type { PolicyDiagnostic } from '../../policy/errors.ts';
import { type DoctorContext, reasonOf, well, wrong } from '../check.ts';
import { compileConfigured } from '../policy-input.ts';

const CHECK = 'policy';
const MAX_LISTED = 20;

/** The policy compiles, and what it warns of: groups that no issuer produces are among that. */
export async function checkPolicy(context: DoctorContext): Promise<readonly CheckResult[]> {
  const remedy = 'run `sallyport policy check -c sallyport.yaml`';
  try {
    const compiled = await compileConfigured(context);
    if (!compiled.ok) return listed(compiled.errors, 'fail', remedy);
    return [
      well(CHECK, `${compiled.ruleCount} rules, hash ${compiled.version.hash.slice(0, 12)}`),
      ...listed(compiled.warnings, 'warn', remedy),
    ];
  } catch (error) {
    return [wrong(CHECK, reasonOf(error), 'check `policy.folder`')];
  }
}

function listed(
  diagnostics: readonly PolicyDiagnostic[],
  level: 'warn' | 'fail',
  remedy: string,
): readonly CheckResult[] {
  const results = diagnostics.slice(0, MAX_LISTED).map(
    ({ path, line, column, message }): CheckResult => ({
      check: CHECK,
      level,
      message: `${path}:${line}:${column}: ${message}`,
      remedy,
    }),
  );
  const more = diagnostics.length - MAX_LISTED;
  return more <= 0 ? results : [...results, { check: CHECK, level, message: `and ${more} more`, remedy }];
}
