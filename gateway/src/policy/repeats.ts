import { parseDurationMs } from './duration.ts';
import type { PolicyDiagnostic } from './errors.ts';
import type { LoadedFile } from './load.ts';
import type { RepeatsSource } from './policy-document.ts';

/** The loop breaker: what comes of a run that repeats a statement after it was denied. */
export interface RepeatsPolicy {
  /** From this denial of the same statement on (counted from 1), the answer is shorter and a finding is raised. */
  readonly after: number;
  /** From that denial on, everything of the run is denied for a time; absent: no run is stopped. */
  readonly quarantine?: { readonly after: number; readonly forMs: number };
}

const DEFAULT_AFTER = 3;

/** Reads `repeats:` of the one file that has it. */
export function compileRepeats(files: readonly LoadedFile[], problems: PolicyDiagnostic[]): RepeatsPolicy {
  const [first, ...others] = files.filter(({ document }) => document.repeats !== undefined);
  for (const { file } of others) {
    const message = `\`repeats\` stands once in a policy; it is in ${first?.file.path ?? ''} already`;
    problems.push(file.atKey('ERR_POLICY_DUPLICATE', message, [], 'repeats'));
  }
  const source: RepeatsSource = first?.document.repeats ?? {};
  const { quarantine, after = DEFAULT_AFTER } = source;
  if (quarantine !== undefined && quarantine.after < after) {
    const message = `the quarantine begins with denial ${quarantine.after}, before the short answer that warns of it with denial ${after}`;
    const path = ['repeats', 'quarantine', 'after'];
    problems.push(...(first === undefined ? [] : [first.file.at('ERR_POLICY_CONTRADICTION', message, path)]));
  }
  return {
    after,
    ...(quarantine === undefined
      ? {}
      : { quarantine: { after: quarantine.after, forMs: parseDurationMs(quarantine.for) ?? 0 } }),
  };
}
