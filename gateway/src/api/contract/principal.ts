import { z } from 'zod';

/** Somebody as a verified token proves them. */
export interface ApiPrincipal {
  readonly issuer: string;
  readonly subject: string;
  readonly groups: readonly string[];
  readonly agent?: string;
  /** Who acts for the subject, current actor first (RFC 8693 section 4.1). */
  readonly delegation: readonly { readonly subject: string; readonly issuer?: string }[];
  readonly run?: string;
  /** Digest that tells tokens apart. Never the token. */
  readonly tokenDigest: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** A principal on the wire. */
export const principalSchema: z.ZodType<ApiPrincipal> = z
  .object({
    issuer: z.string(),
    subject: z.string(),
    groups: z.array(z.string()),
    agent: z.string().exactOptional(),
    delegation: z.array(z.object({ subject: z.string(), issuer: z.string().exactOptional() })),
    run: z.string().exactOptional(),
    tokenDigest: z.string(),
    expiresAtMs: z.number(),
  })
  .meta({ id: 'Principal', description: 'Somebody, as a verified token proves them.' });
