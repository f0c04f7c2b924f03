import { z } from 'zod';

/** Somebody as a verified token proves them. */
export interface ApiPrincipal {
  readonly issuer: string;
  readonly subject: string;
  readonly groups: readonly string[];
  readonly agent?: string | undefined;
  /** Who acts for the subject, current actor first (RFC 8693 section 4.1). */
  readonly delegation: readonly { readonly subject: string; readonly issuer?: string | undefined }[];
  readonly run?: string | undefined;
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
    agent: z.string().optional(),
    delegation: z.array(z.object({ subject: z.string(), issuer: z.string().optional() })),
    run: z.string().optional(),
    tokenDigest: z.string(),
    expiresAtMs: z.number(),
  })
  .meta({ id: 'Principal', description: 'Somebody, as a verified token proves them.' });
