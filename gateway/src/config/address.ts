import { z } from 'zod';

/** Where to listen. */
export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/** `host:port`, `[ipv6]:port` or `:port` for all interfaces is refused: an address is always named. */
export const listenAddressSchema: z.ZodType<ListenAddress, string> = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, 'expected HOST:PORT, for example 127.0.0.1:15432')
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
  })
  .refine((address) => address.port <= 65_535, 'the port is over 65535')
  .describe('HOST:PORT; port 0 takes a free one');
