/** The shape of `sallyport.yaml`. Protocols add their own keys to resources and listeners. */
import { z } from 'zod';
import { type ApprovalsPlan, approvalsSchema } from '../approvals/config.ts';
import { type ExportPlan, exportsSchema } from '../audit-export/config.ts';
import { type CredentialConfig, credentialSchema } from '../credentials/config.ts';
import { type IssuerConfig, issuerConfigSchema } from '../identity/issuer-config.ts';
import { type MaskingConfig, maskingSchema } from '../masking/config.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { type RecordingPlan, recordingSchema } from '../recording/config.ts';
import { type ListenAddress, listenAddressSchema } from './address.ts';
import { type ApiPlan, apiSchema } from './api-schema.ts';
import { type LimitsPlan, limitsSchema } from './limits-schema.ts';

/** A listener as configured. */
export interface ListenerPlan {
  readonly protocol: string;
  readonly listen: ListenAddress;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly handshakeTimeoutMs: number;
  /** The protocol's own keys. */
  readonly config: object;
}

/** A resource as configured. */
export interface ResourcePlan {
  readonly name: string;
  readonly protocol: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mode: 'enforce' | 'observe';
  /** The protocol's own keys. */
  readonly config: object;
}

/** The whole file, validated and with its defaults: the only form of it at run time. */
export interface Plan {
  readonly dataDir: string;
  readonly tls: { readonly cert?: string; readonly key?: string; readonly names: readonly string[] };
  readonly identity: { readonly issuers: readonly IssuerConfig[]; readonly expiryGraceMs: number };
  readonly policy: { readonly folder: string };
  readonly audit: { readonly durability: 'synced' | 'written'; readonly exports: readonly ExportPlan[] };
  readonly approvals: ApprovalsPlan;
  readonly masking: MaskingConfig<CredentialConfig>;
  readonly recording: RecordingPlan;
  readonly api?: ApiPlan | undefined;
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
  readonly limits: LimitsPlan;
  readonly listeners: readonly ListenerPlan[];
  readonly resources: readonly ResourcePlan[];
}

const path = z.string().min(1).max(4096);
const resourceName = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/,
    'a resource name has letters, digits, _ . - only, and no slash',
  );

const listenerBase = {
  listen: listenAddressSchema,
  maxConnections: z.int().min(1).max(100_000).default(1000),
  maxConnectionsPerAddress: z.int().min(1).max(100_000).default(500),
  handshakeTimeoutMs: z.int().min(100).max(120_000).default(10_000),
};

const resourceBase = {
  name: resourceName,
  labels: z.record(z.string().min(1).max(63), z.string().max(255)).default({}),
  mode: z.enum(['enforce', 'observe']).default('enforce'),
};

/** Makes the schema of the file for a list of protocols. */
export function configSchema(protocols: readonly Protocol[]): z.ZodType<Plan> {
  const listeners = protocols.map(
    ({ name, listenerSchema }) => [name, withProtocol(name, listenerBase, listenerSchema)] as const,
  );
  const resources = protocols.map(
    ({ name, resourceSchema }) => [name, withProtocol(name, resourceBase, resourceSchema)] as const,
  );
  return z
    .strictObject({
      dataDir: path.describe('Folder for the audit trail, keys and state; mode 0700'),
      tls: z
        .strictObject({
          cert: path
            .exactOptional()
            .describe('PEM certificate chain; without it a local CA is made in dataDir/tls'),
          key: path.exactOptional().describe('PEM key of cert'),
          names: z
            .array(z.string())
            .default([])
            .describe('Names and addresses of the locally made certificate'),
        })
        .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), 'cert and key go together')
        .prefault({}),
      identity: z.strictObject({
        issuers: z.array(issuerConfigSchema).min(1).max(100),
        expiryGraceMs: z
          .int()
          .min(0)
          .max(600_000)
          .default(30_000)
          .describe('After exp, before work is cancelled'),
      }),
      policy: z.strictObject({ folder: path }),
      audit: z
        .strictObject({
          durability: z.enum(['synced', 'written']).default('synced'),
          exports: exportsSchema.default([]).describe('Where the audit is streamed to'),
        })
        .prefault({}),
      approvals: approvalsSchema,
      masking: maskingSchema(credentialSchema),
      recording: recordingSchema,
      api: apiSchema.optional(),
      log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
      limits: limitsSchema,
      listeners: z.array(oneOf(listeners)).min(1),
      resources: z.array(oneOf(resources)).min(1),
    })
    .superRefine(({ resources: entries }, context) => {
      for (const { index, key, message } of resourceFaults(entries as readonly ResourcePlan[], protocols))
        context.addIssue({ code: 'custom', message, path: ['resources', index, key] });
    }) as unknown as z.ZodType<Plan>;
}

/** Names that two have, and what protocols say of their resources, taken together. */
function resourceFaults(
  resources: readonly ResourcePlan[],
  protocols: readonly Protocol[],
): readonly { readonly index: number; readonly key: string; readonly message: string }[] {
  const names = resources.map(({ name }) => name);
  const repeated = [...names.keys()].filter((index) => names.indexOf(names[index] ?? '') !== index);
  const own = protocols.flatMap((protocol) => {
    const of = resources.filter((one) => one.protocol === protocol.name);
    return protocol.faultsOf?.(of.map(({ config, ...resource }) => ({ resource, config }))) ?? [];
  });
  return [
    ...repeated.map((index) => ({ index, key: 'name', message: 'another resource has this name' })),
    ...own.map(({ resource, key, message }) => ({ index: names.indexOf(resource), key, message })),
  ];
}

/** One protocol's entry: the common keys, `protocol`, and its own keys gathered under `config`. */
function withProtocol(name: string, base: z.ZodRawShape, own: z.ZodType<object>): z.ZodType {
  const common = Object.keys(base);
  return z.looseObject({ protocol: z.literal(name), ...base }).transform((entry, context) => {
    const fields: Record<string, unknown> = entry;
    const kept = Object.fromEntries(
      Object.entries(fields).filter(([key]) => common.includes(key) || key === 'protocol'),
    );
    const rest = Object.fromEntries(
      Object.entries(fields).filter(([key]) => !common.includes(key) && key !== 'protocol'),
    );
    const parsed = own.safeParse(rest);
    if (parsed.success) return { ...kept, config: parsed.data };
    for (const issue of parsed.error.issues) context.addIssue({ ...issue, path: [...issue.path] } as never);
    return z.NEVER;
  });
}

/** The entry of whichever protocol it names: a union would only say that none of them fits. */
function oneOf(entries: readonly (readonly [name: string, schema: z.ZodType])[]): z.ZodType {
  const byName = new Map(entries);
  const [first, ...others] = byName.keys();
  if (first === undefined) throw new TypeError('there is no protocol');
  return z.looseObject({ protocol: z.enum([first, ...others]) }).transform((entry, context) => {
    const parsed = byName.get(entry.protocol)?.safeParse(entry);
    if (parsed?.success === true) return parsed.data;
    for (const issue of parsed?.error.issues ?? []) {
      context.addIssue({ ...issue, path: [...issue.path] } as never);
    }
    return z.NEVER;
  });
}
