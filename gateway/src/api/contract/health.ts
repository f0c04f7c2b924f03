import { z } from 'zod';

/** The process answers. */
export interface Liveness {
  readonly status: 'ok';
}

/** Liveness on the wire. */
export const livenessSchema: z.ZodType<Liveness> = z
  .object({ status: z.literal('ok') })
  .meta({ id: 'Liveness' });

/** Whether the gateway can do its work. Nobody has to say who they are, so it names nothing. */
export interface Readiness {
  readonly ready: boolean;
  /** Requests can be put on file. */
  readonly audit: boolean;
  readonly policy: boolean;
  /** Keys of at least one issuer are known, and no issuer was never asked. */
  readonly issuers: boolean;
}

/** Readiness on the wire. */
export const readinessSchema: z.ZodType<Readiness> = z
  .object({ ready: z.boolean(), audit: z.boolean(), policy: z.boolean(), issuers: z.boolean() })
  .meta({ id: 'Readiness' });
