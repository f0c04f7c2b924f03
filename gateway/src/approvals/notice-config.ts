/** What the ways to tell people have in common in the config. */
import { z } from 'zod';
import { type CredentialConfig, credentialSchema } from '../credentials/config.ts';
import type { ApprovalEventType } from '../model/approval.ts';

/** What somebody is told of, one or more. */
export const eventsSchema: z.ZodType<readonly ApprovalEventType[]> = z
  .array(
    z.enum([
      'requested',
      'answered',
      'granted',
      'denied',
      'consumed',
      'expired',
      'voided',
      'opened',
      'reviewed',
      'overdue',
    ]),
  )
  .min(1);

/** A secret that cannot be left out. */
export const secretSchema: z.ZodType<CredentialConfig> = credentialSchema.refine(
  (secret) => !('none' in secret),
  'it needs a secret',
);
