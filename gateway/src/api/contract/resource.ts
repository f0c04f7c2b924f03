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
  /** Allow rules that may be about it, with their conditions. Whether they permit something is for `explain`. */
  readonly reachableBy: readonly {
    readonly rule: string;
    readonly on: string;
    readonly groups: readonly string[];
  }[];
}

/** All of them. */
export interface ResourceList {
  readonly resources: readonly ApiResourceView[];
}

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
          reachableBy: z
            .array(z.object({ rule: z.string(), on: z.string(), groups: z.array(z.string()) }))
            .describe('allow rules that may be about it; no groups: whoever the other conditions fit'),
        })
        .meta({ id: 'Resource' }),
    ),
  })
  .meta({ id: 'Resources' });
