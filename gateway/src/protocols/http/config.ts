import { z } from 'zod';
import { compilePathPattern } from '../../names/path-pattern.ts';
import { accountName } from '../../session/accounts.ts';
import { filePathSchema } from '../target-config.ts';
import {
  type ClientCertificateConfig,
  clientCertificateSchema,
  isInAuthorization,
  type UpstreamCredential,
  upstreamCredentialSchema,
} from './credential-config.ts';
import {
  allowAddressesSchema,
  destinationProblems,
  destinationsSchema,
} from './destinations/destinations-config.ts';

/** The part of a resource's config that HTTP needs; name, labels and mode belong to every resource. */
export interface HttpResourceConfig {
  /** `http:` or `https:`; its path is put in front of every path. */
  readonly url: string;
  readonly tls: {
    /** PEM file with the CAs to trust instead of Node's own list. */
    readonly ca?: string;
    /** Name the certificate must carry, and SNI; default: the host. */
    readonly serverName?: string;
    /** SHA-256 of the certificates that may answer, in hex; in addition to the chain. */
    readonly pins?: readonly string[];
    /** What the gateway shows of itself. */
    readonly clientCertificate?: ClientCertificateConfig;
  };
  /** Permits `http:` to a host that is not this machine. */
  readonly allowPlaintext: boolean;
  /** What policies and audit call the login at the service. */
  readonly account: string;
  readonly credential: UpstreamCredential;
  /** `forward`: Authorization of the client is for the service; its token comes in another header. */
  readonly clientAuthorization: 'drop' | 'forward';
  /** Most bytes of a request's body that are looked at; no more of it is held in memory. */
  readonly inspectionBytes: number;
  /** Most bytes that a body in a content coding may have without it, to be looked at; 0: none is undone. */
  readonly inspectionDecodedBytes: number;
  readonly encodedSlash: 'refuse' | 'keep';
  readonly methodOverride: 'refuse' | 'ignored';
  readonly graphql: readonly string[];
  readonly jsonRpc: readonly string[];
  /** How a denied message of a WebSocket is told where its protocol has no errors: `message` leaves it open. */
  readonly webSocketDenial: 'close' | 'message';
  /** File of an API description (OpenAPI 3.0 or 3.1): what it does not describe is denied. */
  readonly openapi?: string;
  readonly connectTimeoutMs: number;
  /** From the end of the request to the head of the response. */
  readonly answerTimeoutMs: number;
  /** Longest silence within a response. */
  readonly idleTimeoutMs: number;
  /** `auto`: what the service chooses by ALPN; `only`: HTTP/2, without TLS by prior knowledge; `off`: HTTP/1.1. */
  readonly http2: 'auto' | 'off' | 'only';
  /** How long an upstream connection is kept without work. */
  readonly keepAliveMs: number;
  /** Addresses that its host may have beside those of the public internet. Absent: it may have any. */
  readonly allowAddresses?: readonly string[];
}

/** A resource that is many places, which clients of the proxy name; all of them https. */
export interface HttpDestinationsConfig extends Omit<HttpResourceConfig, 'url'> {
  /** `api.example.com`, `*.example.com`, `api.example.com:8443`. */
  readonly destinations: readonly string[];
  /** Tunnels are opened, and the requests in them judged. Otherwise all that is known is host and port. */
  readonly inspect: boolean;
  readonly allowAddresses: readonly string[];
}

/** What a resource of HTTP is: a service, or places that a proxy leads to. */
export type HttpConfig = HttpResourceConfig | HttpDestinationsConfig;

const pathPattern = z
  .string()
  .max(1024)
  .refine((text) => compilePathPattern(text) !== undefined, 'is no pattern for paths, such as /api/**');

const resourceObject = z.strictObject({
  url: z.string().max(2048).exactOptional().describe('URL of the service: http or https, without query'),
  destinations: destinationsSchema
    .exactOptional()
    .describe('In place of url: hosts that clients of the proxy may name, such as *.example.com'),
  inspect: z
    .boolean()
    .exactOptional()
    .describe('With destinations: false leaves tunnels closed; rules `on: tunnel` then judge host and port'),
  allowAddresses: allowAddressesSchema
    .exactOptional()
    .describe('Addresses that hosts may have beside those of the public internet, such as 10.1.0.0/16'),
  tls: z
    .strictObject({
      ca: filePathSchema.exactOptional().describe('PEM file of the trusted CAs; default: those of Node'),
      serverName: z.string().min(1).max(253).exactOptional().describe('Name the certificate must carry'),
      pins: z
        .array(z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in lower-case hex'))
        .min(1)
        .max(16)
        .exactOptional()
        .describe('SHA-256 of the certificates that may answer'),
      clientCertificate: clientCertificateSchema.exactOptional().describe('What the gateway shows of itself'),
    })
    .prefault({}),
  allowPlaintext: z.boolean().default(false).describe('Permit http: to another machine'),
  account: accountName.default('service').describe('What policies call the login at the service'),
  credential: upstreamCredentialSchema,
  clientAuthorization: z.enum(['drop', 'forward']).default('drop'),
  inspectionBytes: z
    .int()
    .min(0)
    .max(16 * 1024 * 1024)
    .default(256 * 1024)
    .describe('Most bytes of a body that rules see'),
  inspectionDecodedBytes: z
    .int()
    .min(0)
    .max(16 * 1024 * 1024)
    .default(1024 * 1024)
    .describe('Most bytes of a body with its content coding undone'),
  encodedSlash: z.enum(['refuse', 'keep']).default('refuse'),
  methodOverride: z.enum(['refuse', 'ignored']).default('refuse'),
  graphql: z.array(pathPattern).max(64).default([]).describe('Paths at which the service takes GraphQL'),
  jsonRpc: z.array(pathPattern).max(64).default([]).describe('Paths at which it takes JSON-RPC'),
  webSocketDenial: z
    .enum(['close', 'message'])
    .default('close')
    .describe('How a denied message of a WebSocket is told: its end, or a text message'),
  openapi: filePathSchema.exactOptional().describe('API description; what it does not describe is denied'),
  http2: z
    .enum(['auto', 'off', 'only'])
    .default('auto')
    .describe('auto: HTTP/2 where the service chooses it; only: HTTP/2, also without TLS; off: HTTP/1.1'),
  connectTimeoutMs: z.int().min(100).max(120_000).default(10_000),
  answerTimeoutMs: z.int().min(100).max(3_600_000).default(60_000),
  idleTimeoutMs: z.int().min(100).max(3_600_000).default(300_000),
  // Under the five seconds after which Node's own server closes: a request must not race with that.
  keepAliveMs: z.int().min(0).max(600_000).default(4_000),
});

/** Schema of {@link HttpConfig}. */
export const httpResourceSchema: z.ZodType<HttpConfig> = resourceObject
  .superRefine((config, context) => {
    const tell = (message: string, ...path: string[]): void =>
      context.addIssue({ code: 'custom', message, path });
    for (const { path, message } of destinationProblems(config)) tell(message, ...path);
    const problem = config.url === undefined ? undefined : urlProblem(config.url, config.allowPlaintext);
    if (problem !== undefined) tell(problem, 'url');
    if (config.tls.clientCertificate !== undefined && config.url?.startsWith('https:') === false) {
      tell('needs an https URL', 'tls', 'clientCertificate');
    }
    if (config.clientAuthorization === 'forward' && isInAuthorization(config.credential)) {
      tell('the credential of the gateway is in Authorization as well', 'clientAuthorization');
    }
  })
  .transform(({ url, destinations, inspect = true, allowAddresses, ...rest }): HttpConfig => {
    if (destinations !== undefined) {
      return { ...rest, destinations, inspect, allowAddresses: allowAddresses ?? [] };
    }
    // It was refused above: this only tells the types so.
    if (url === undefined) return z.NEVER;
    return { ...rest, url, ...(allowAddresses === undefined ? {} : { allowAddresses }) };
  });

function urlProblem(text: string, allowPlaintext: boolean): string | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return 'is no http or https URL';
  if (url.username !== '' || url.password !== '') return 'holds a login; configure `credential`';
  if (url.search !== '' || url.hash !== '') return 'has a query or a fragment';
  if (/[%;\\]|\/\//.test(url.pathname)) return 'has a path with escapes, semicolons or empty segments';
  if (url.protocol === 'http:' && !allowPlaintext && !isLoopbackName(url.hostname)) {
    return 'is without TLS to another machine, which needs allowPlaintext: true';
  }
  return undefined;
}

function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}
