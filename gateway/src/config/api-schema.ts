import { z } from 'zod';
import { type ListenAddress, listenAddressSchema } from './address.ts';

/** The HTTP API as configured. */
export interface ApiPlan {
  readonly listen: ListenAddress;
  /** Names and addresses by which clients may call it, beyond localhost and the address itself. */
  readonly names: readonly string[];
  readonly groups: {
    /** May read sessions, the audit and the policy. */
    readonly readers: readonly string[];
    /** May do the same, and end sessions. */
    readonly admins: readonly string[];
  };
}

const groups = z.array(z.string().min(1).max(256)).max(100);

/** The key `api`. Without it there is no API. */
export const apiSchema: z.ZodType<ApiPlan> = z.strictObject({
  listen: listenAddressSchema,
  names: z
    .array(
      z
        .string()
        .max(253)
        .regex(/^([A-Za-z0-9._-]+|[0-9A-Fa-f:.]+)$/, 'expected a host name or an address, without port'),
    )
    .max(100)
    .default([])
    .describe('Host names by which the API may be called; localhost and the address itself always work'),
  groups: z
    .strictObject({
      readers: groups.default([]).describe('Groups that may read sessions, the audit and the policy'),
      admins: groups.default(['admins']).describe('Groups that may read all of that, and end sessions'),
    })
    .prefault({}),
});
