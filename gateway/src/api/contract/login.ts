import { z } from 'zod';

/** Where people log in for this gateway. Nobody has to say who they are: client ids of public clients are no secrets. */
export interface LoginOffer {
  readonly issuers: readonly {
    readonly issuer: string;
    readonly clientId: string;
    readonly scopes: readonly string[];
    readonly parameters: Readonly<Record<string, string>>;
  }[];
}

/** Login on the wire. */
export const loginOfferSchema: z.ZodType<LoginOffer> = z
  .object({
    issuers: z.array(
      z.object({
        issuer: z.string(),
        clientId: z.string(),
        scopes: z.array(z.string()),
        parameters: z.record(z.string(), z.string()),
      }),
    ),
  })
  .meta({ id: 'LoginOffer' });
