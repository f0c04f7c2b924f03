import { z } from 'zod';

/** Settings of masking as the config file has them; secrets are named, not held. */
export interface MaskingConfig<Source> {
  /** Keys of pseudonyms and digests; the first is the active one, the others are known from before a rotation. */
  readonly keys: readonly { readonly id: string; readonly from: Source }[];
  readonly phoneRegion?: string | undefined;
  readonly patterns: readonly {
    readonly name: string;
    readonly pattern: string;
    readonly ignoreCase: boolean;
  }[];
  readonly mostBytes: number;
}

/**
 * Schema of {@link MaskingConfig}, around the schema of a secret's source, which belongs to another room.
 *
 * @param source schema of where the bytes of a key come from: `credentialSchema`.
 */
export function maskingSchema<Source>(source: z.ZodType<Source>): z.ZodType<MaskingConfig<Source>> {
  const schema = z.strictObject({
    keys: z
      .array(
        z.strictObject({
          id: z.string().regex(/^[A-Za-z0-9-]{1,32}$/, 'letters, digits and dashes, at most 32'),
          from: source.describe('Where the key comes from: at least 32 random bytes'),
        }),
      )
      .max(16)
      .default([])
      .describe('Keys of pseudonyms and digests; the first is active, the others are from before a rotation'),
    phoneRegion: z
      .string()
      .regex(/^[A-Z]{2}$/, 'an ISO 3166 code such as DE')
      .optional()
      .describe('Country whose national phone numbers are known; without it only +… is'),
    patterns: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'lower case letters, digits and dashes'),
          pattern: z.string().min(1).max(1000).describe("Regular expression in RE2's syntax"),
          ignoreCase: z.boolean().default(false),
        }),
      )
      .max(100)
      .default([])
      .describe('Own detectors, usable in `detect:`'),
    mostBytes: z
      .int()
      .min(1024)
      .max(268_435_456)
      .default(4_194_304)
      .describe('Longest value that is looked through; a longer one is replaced whole'),
  });
  return schema.prefault({}) as unknown as z.ZodType<MaskingConfig<Source>>;
}
