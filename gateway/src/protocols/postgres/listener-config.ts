import { z } from 'zod';

/** PostgreSQL's part of a listener in the config. */
export interface PostgresListenerConfig {
  /** Permits connections without TLS from this machine's loopback; tokens then travel in clear there. */
  readonly allowLoopbackPlaintext: boolean;
  /** Longest message from a client but for COPY data, in bytes. The default has room for 8 MB of bytea as hexadecimal text. */
  readonly maxMessageBytes: number;
}

/** Schema of {@link PostgresListenerConfig}. */
export const postgresListenerSchema: z.ZodType<PostgresListenerConfig> = z.strictObject({
  allowLoopbackPlaintext: z
    .boolean()
    .default(false)
    .describe(
      'Permit connections without TLS from this machine; the token then travels in clear on loopback',
    ),
  maxMessageBytes: z
    .int()
    .min(64 * 1024)
    .max(1024 * 1024 * 1024)
    .default(32 * 1024 * 1024)
    .describe('Longest message from a client, COPY data excepted'),
});
