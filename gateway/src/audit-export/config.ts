/** The key `audit.exports` of `sallyport.yaml`. */
import { z } from 'zod';
import { type CredentialConfig, credentialSchema } from '../credentials/config.ts';

/** What every export says. */
interface ExportBase {
  readonly name: string;
  readonly format: 'ocsf' | 'jsonl';
}

/** Where the audit is streamed to. */
export type ExportPlan = ExportBase &
  (
    | { readonly to: 'file'; readonly path: string }
    | { readonly to: 'webhook'; readonly url: string; readonly secret: CredentialConfig }
    | {
        readonly to: 'syslog';
        readonly host: string;
        readonly port: number;
        /** Absent: plain TCP. */
        readonly tls?: { readonly ca?: string | undefined } | undefined;
        readonly allowPlaintext: boolean;
      }
  );

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

const base = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and - only'),
  format: z.enum(['ocsf', 'jsonl']).default('ocsf').describe('OCSF events, or the records as they are'),
};
const file = z.string().min(1).max(4096);

const exportSchema = z.discriminatedUnion('to', [
  z.strictObject({
    ...base,
    to: z.literal('file'),
    path: file.describe('Appended to; rotate it as you like'),
  }),
  z.strictObject({
    ...base,
    to: z.literal('webhook'),
    url: z.string().max(2048).refine(isDeliverable, 'expected https://…, or http:// to this machine'),
    secret: credentialSchema.refine((secret) => !('none' in secret), 'it is signed: give it a secret'),
  }),
  z
    .strictObject({
      ...base,
      to: z.literal('syslog'),
      host: z.string().min(1).max(255),
      port: z.int().min(1).max(65_535).default(6514),
      tls: z.strictObject({ ca: file.optional() }).optional().describe('TLS, verified; `ca` is a PEM file'),
      allowPlaintext: z.boolean().default(false),
    })
    .refine(
      ({ host, tls, allowPlaintext }) => tls !== undefined || allowPlaintext || LOOPBACK.test(host),
      'syslog to another machine without `tls` can be read on the way; set `allowPlaintext` if that is meant',
    ),
]);

/** Schema of the key. */
export const exportsSchema: z.ZodType<readonly ExportPlan[]> = z
  .array(exportSchema)
  .max(10)
  .refine(
    (all) => new Set(all.map(({ name }) => name)).size === all.length,
    'two exports have the same name',
  ) as z.ZodType<readonly ExportPlan[]>;

function isDeliverable(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && LOOPBACK.test(url.hostname.replace(/^\[|\]$/g, ''));
}
