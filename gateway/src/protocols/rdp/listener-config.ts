import { z } from 'zod';

/** RDP's part of a listener in the config. */
export interface RdpListenerConfig {
  /** How clients prove themselves: by a token or a session credential as the password, inside of TLS. */
  readonly security: 'tls';
}

/** Schema of {@link RdpListenerConfig}. It is said out loud: clients that would rather use Network Level Authentication have to be told. */
export const rdpListenerSchema: z.ZodType<RdpListenerConfig> = z.strictObject({
  security: z.literal('tls').describe('tls: a token or a session credential as the password, inside of TLS'),
});
