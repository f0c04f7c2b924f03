import { z } from 'zod';

/** RDP's part of a listener in the config. */
export interface RdpListenerConfig {
  /** How clients prove themselves: by Network Level Authentication, or by a password inside of TLS. */
  readonly security: 'nla' | 'tls';
  /** Takes clients whose CredSSP is older than version 5 (CVE-2018-0886). */
  readonly allowOldCredSsp: boolean;
}

/** Schema of {@link RdpListenerConfig}. */
export const rdpListenerSchema: z.ZodType<RdpListenerConfig> = z.strictObject({
  security: z
    .enum(['nla', 'tls'])
    .default('nla')
    .describe('nla: session credentials, by CredSSP; tls: a token or a session credential as the password'),
  allowOldCredSsp: z.boolean().default(false).describe('Take clients older than the mend of CVE-2018-0886'),
});
