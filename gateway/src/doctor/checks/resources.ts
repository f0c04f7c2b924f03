import { join } from 'node:path';
import { createKeyFiles } from '../../listener/key-files.ts';
import type { CheckResult } from '../../model/check-result.ts';
import { protocols } from '../../protocols/index.ts';
import type { ClosingLines, ConfiguredResource, DoctorServices, Protocol } from '../../protocols/protocol.ts';
import { type DoctorContext, doubtful, reasonOf, wrong } from '../check.ts';

/** What the examination of all resources found. */
export interface ExaminedResources {
  readonly results: readonly CheckResult[];
  /** What closes the direct ways, for resources that told where the gateway comes from. */
  readonly closing: readonly ClosingLines[];
}

/** Each resource, with each account, as the gateway would reach it; one after the other. */
export async function examineResources(context: DoctorContext): Promise<ExaminedResources> {
  const { plan } = context;
  const services = doctorServices(context);
  const results: CheckResult[] = [];
  const closing: ClosingLines[] = [];
  for (const { protocol, configured } of configuredResources(plan)) {
    const { name, mode } = configured.resource;
    try {
      const examined = await protocol.doctor.examine(configured, services);
      results.push(...examined.results);
      if (examined.gatewayAddresses.length > 0) {
        closing.push(...protocol.doctor.closingLines(configured.config, examined.gatewayAddresses));
      }
    } catch (error) {
      results.push(wrong(`resource ${name}`, reasonOf(error), 'see docs/errors.md'));
    }
    if (mode === 'observe') {
      const message = 'it is in shadow mode: nothing is refused';
      results.push(doubtful(`resource ${name}`, message, 'set `mode: enforce` when the verdicts are right'));
    }
  }
  return { results, closing };
}

/** What protocols examine with. */
export function doctorServices({ plan, clock, signal }: DoctorContext): DoctorServices {
  const folder = join(plan.dataDir, 'keys');
  const files = createKeyFiles(folder);
  const keyFiles = {
    // INVARIANT: whoever only looks makes no keys.
    open: (name: string) => files.read(join(folder, name)),
    read: (path: string) => files.read(path),
  };
  const names = [...plan.tls.names, ...(plan.api?.names ?? [])];
  const all = configuredResources(plan).map(({ configured }) => configured);
  const findResource = (name: string): ConfiguredResource<object> | undefined =>
    all.find(({ resource }) => resource.name === name);
  return { clock, signal, keyFiles, names, findResource };
}

/** The resources with their protocols. */
export function configuredResources({ resources }: DoctorContext['plan']): readonly {
  readonly protocol: Protocol;
  readonly configured: ConfiguredResource<object>;
}[] {
  return resources.flatMap(({ name, protocol: of, labels, mode, config }) => {
    const protocol = protocols.find((one) => one.name === of);
    const resource = { name, protocol: of, labels, mode };
    return protocol === undefined ? [] : [{ protocol, configured: { resource, config } }];
  });
}
