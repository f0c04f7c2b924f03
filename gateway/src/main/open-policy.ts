/** The policy of a gateway: loaded, watched, told to the log and the audit. */
import type { AuditLogFile } from '../audit/log-writer.ts';
import type { Plan } from '../config/schema.ts';
import { readGroupKnowledge } from '../identity/group-knowledge.ts';
import type { Clock } from '../model/clock.ts';
import { connectFamily } from '../policy/connect-family.ts';
import { PolicySource } from '../policy-source/policy-source.ts';
import { protocols } from '../protocols/index.ts';
import type { Log } from '../telemetry/log.ts';

/** Opens the policy folder of the plan. @throws PolicySourceError */
export async function openPolicy(
  plan: Plan,
  services: {
    readonly log: Log;
    readonly clock: Clock;
    readonly audit: AuditLogFile;
    readonly detectors: readonly string[];
  },
): Promise<PolicySource> {
  const { log, clock, audit, detectors } = services;
  const knowledge = readGroupKnowledge(plan.identity.issuers);
  const families = new Map(
    [connectFamily, ...protocols.flatMap((protocol) => protocol.families)].map((family) => [
      family.name,
      family,
    ]),
  );
  return PolicySource.open({
    path: plan.policy.folder,
    compile: {
      families: [...families.values()],
      presets: protocols.flatMap((protocol) => protocol.presets),
      groups: {
        producible: knowledge.producible,
        canProduce: knowledge.canProduce,
        mapped: knowledge.mapped.map((entry) => entry.group),
      },
      nowMs: clock.nowMs(),
      detectors,
    },
    onLoaded(loaded) {
      for (const warning of loaded.warnings)
        log.warn('policy', {
          code: warning.code,
          at: `${warning.path}:${warning.line}:${warning.column}`,
          reason: warning.message,
        });
      log.info('policy loaded', {
        hash: loaded.version.hash,
        commit: loaded.version.commit ?? '',
        rules: loaded.ruleCount,
      });
      audit.enqueue({ type: 'policy.loaded', policy: loaded.version, rules: loaded.ruleCount });
    },
    onRejected(errors, kept) {
      log.error('policy refused, the last good one stays in force', { errors: [...errors], kept: kept.hash });
      audit.enqueue({ type: 'policy.rejected', errors, kept });
    },
  });
}
