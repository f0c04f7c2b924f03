import { z } from 'zod';

/** A code that links somebody in Slack to the caller. */
export interface SlackCode {
  readonly code: string;
  /** What to type in Slack, behind the name of the app's command. */
  readonly text: string;
  readonly expiresAt: string;
}

/** A code on the wire. */
export const slackCodeSchema: z.ZodType<SlackCode> = z
  .object({
    code: z.string().describe('good once; whoever types it in Slack answers as you: tell it nobody'),
    text: z.string().describe('what to type in Slack, behind the command of the app'),
    expiresAt: z.string(),
  })
  .meta({ id: 'SlackCode' });

/** How many links there were. */
export interface SlackUnlinking {
  readonly removed: number;
}

/** How many, on the wire. */
export const slackUnlinkingSchema: z.ZodType<SlackUnlinking> = z
  .object({ removed: z.int() })
  .meta({ id: 'SlackUnlinking' });
