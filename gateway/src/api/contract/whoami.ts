import { z } from 'zod';
import { type ApiPrincipal, principalSchema } from './principal.ts';

/** Who the gateway takes the caller for, and where it would let them in. */
export interface Whoami {
  readonly principal: ApiPrincipal;
  /** What the caller may do in this API. */
  readonly roles: readonly ('viewer' | 'approver' | 'auditor' | 'admin')[];
  /** Resources that the policy lets the caller connect to at this moment, from this address. */
  readonly resources: readonly WhoamiResource[];
}

/** A resource, as far as the caller may know it. */
export interface WhoamiResource {
  readonly name: string;
  readonly protocol: string;
  readonly targets: readonly { readonly database: string; readonly account: string }[];
}

/** Whoami on the wire. */
export const whoamiSchema: z.ZodType<Whoami> = z
  .object({
    principal: principalSchema,
    roles: z.array(z.enum(['viewer', 'approver', 'auditor', 'admin'])),
    resources: z
      .array(
        z.object({
          name: z.string(),
          protocol: z.string(),
          targets: z.array(z.object({ database: z.string(), account: z.string() })),
        }),
      )
      .describe('what the policy lets the caller connect to at this moment, from this address'),
  })
  .meta({ id: 'Whoami' });
