import { z } from 'zod';

/** HTTP's part of a listener in the config. */
export interface HttpListenerConfig {
  /** Permits connections without TLS from this machine's loopback; tokens then travel in clear there. */
  readonly allowLoopbackPlaintext: boolean;
  /** Resources by the host name that clients ask for; other requests name one by the first segment of their path. */
  readonly hosts: Readonly<Record<string, string>>;
  /** In lower case. A header that may hold the token, beside Authorization and Proxy-Authorization. */
  readonly tokenHeader?: string;
  /** Clients may use it as their proxy, for the places that resources name. */
  readonly forwardProxy: boolean;
  /** A refused CONNECT is answered like any other, and the refusal is told to the first request in it. */
  readonly denialsInTunnels: boolean;
  /** From the first byte of a head to its last one. */
  readonly headTimeoutMs: number;
  /** Longest silence within a body, and of a client that does not take its response. */
  readonly idleTimeoutMs: number;
  /** Longest silence between requests. */
  readonly keepAliveMs: number;
}

const hostName = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'is no host name in lower case');

/** Schema of {@link HttpListenerConfig}. */
export const httpListenerSchema: z.ZodType<HttpListenerConfig> = z.strictObject({
  allowLoopbackPlaintext: z
    .boolean()
    .default(false)
    .describe(
      'Permit connections without TLS from this machine; the token then travels in clear on loopback',
    ),
  hosts: z
    .record(hostName, z.string().min(1).max(63))
    .default({})
    .describe('Resources by host name; others are named by the first segment of the path'),
  tokenHeader: z
    .string()
    .regex(/^x-[a-z0-9-]{1,60}$/, 'is no header name such as x-sallyport-token')
    .exactOptional()
    .describe('Header for the token where the service needs Authorization itself'),
  forwardProxy: z
    .boolean()
    .default(false)
    .describe('Serve as a proxy (HTTPS_PROXY) for the places that resources name by `url` or `destinations`'),
  denialsInTunnels: z
    .boolean()
    .default(false)
    .describe('Tell denials of CONNECT inside of an opened tunnel, where clients show them'),
  headTimeoutMs: z.int().min(100).max(120_000).default(10_000),
  idleTimeoutMs: z.int().min(100).max(3_600_000).default(60_000),
  keepAliveMs: z.int().min(100).max(3_600_000).default(60_000),
});
