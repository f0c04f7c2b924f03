import { z } from 'zod';

/** A resource behind the gateway, without its address and its secrets. */
export interface ApiResourceView {
  readonly name: string;
  readonly protocol: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mode: 'enforce' | 'observe';
  readonly targets: readonly { readonly database: string; readonly account: string }[];
  /** Families of rules that its requests are judged by. */
  readonly families: readonly string[];
  /** Where clients connect to it; absent where its protocol has no listener. */
  readonly endpoint?: { readonly host: string; readonly port: number } | undefined;
  /** Sessions on it that run on this gateway. */
  readonly liveSessions: number;
  /** Whether the gateway reaches it; absent where there is no one place to look at. */
  readonly health?: ApiResourceHealth | undefined;
  /** Allow rules that may be about it, with their conditions. Whether they permit something is for `explain`. */
  readonly reachableBy: readonly {
    readonly rule: string;
    readonly on: string;
    readonly groups: readonly string[];
  }[];
}

/** Whether the gateway reaches a resource, as it last looked. */
export interface ApiResourceHealth {
  readonly state: 'unknown' | 'reachable' | 'unreachable';
  readonly since: string;
  readonly checkedAt?: string | undefined;
  readonly lastFailure?: { readonly at: string; readonly reason: string } | undefined;
}

/** All of them. */
export interface ResourceList {
  readonly resources: readonly ApiResourceView[];
}

const healthSchema: z.ZodType<ApiResourceHealth> = z
  .object({
    state: z.enum(['unknown', 'reachable', 'unreachable']).describe('unknown: not looked at yet'),
    since: z.string().describe('since when it is in this state'),
    checkedAt: z.string().optional().describe('when the gateway last looked'),
    lastFailure: z
      .object({ at: z.string(), reason: z.string() })
      .optional()
      .describe('when it last did not answer, also where it does again'),
  })
  .meta({
    id: 'ResourceHealth',
    description: 'Whether it answers the gateway. Absent where there is no one place to look at.',
  });

/** The resources on the wire. */
export const resourceListSchema: z.ZodType<ResourceList> = z
  .object({
    resources: z.array(
      z
        .object({
          name: z.string(),
          protocol: z.string(),
          labels: z.record(z.string(), z.string()),
          mode: z.enum(['enforce', 'observe']),
          targets: z.array(z.object({ database: z.string(), account: z.string() })),
          families: z.array(z.string()).describe('families of rules that its requests are judged by'),
          endpoint: z.object({ host: z.string(), port: z.int() }).optional(),
          liveSessions: z.int().describe('that run on this gateway'),
          health: healthSchema.optional(),
          reachableBy: z
            .array(z.object({ rule: z.string(), on: z.string(), groups: z.array(z.string()) }))
            .describe('allow rules that may be about it; no groups: whoever the other conditions fit'),
        })
        .meta({ id: 'Resource' }),
    ),
  })
  .meta({ id: 'Resources' });
