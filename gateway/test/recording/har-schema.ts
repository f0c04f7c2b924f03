/** HTTP archives as HAR 1.2 has them (the W3C draft "HTTP Archive (HAR) format"): every field, and no others but those with `_`. */
import { z } from 'zod';

/** Name and value, as headers and parameters have them. */
export interface HarPair {
  readonly name: string;
  readonly value: string;
}

/** An entry, as far as tests look at it; those with `_` are our own. */
export interface HarEntry {
  readonly startedDateTime: string;
  readonly time: number;
  readonly comment?: string | undefined;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: readonly HarPair[];
    readonly queryString: readonly HarPair[];
    readonly postData?: { readonly mimeType: string; readonly text?: string | undefined } | undefined;
  };
  readonly response: {
    readonly status: number;
    readonly headers: readonly HarPair[];
    readonly content: {
      readonly size: number;
      readonly mimeType: string;
      readonly text?: string | undefined;
      readonly encoding?: 'base64' | undefined;
      readonly comment?: string | undefined;
      readonly [own: `_${string}`]: unknown;
    };
  };
  readonly [own: `_${string}`]: unknown;
}

/** An archive. */
export interface Har {
  readonly log: { readonly entries: readonly HarEntry[]; readonly comment?: string | undefined };
}

/** An object with these keys; further ones begin with `_`. */
function custom<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$loose> {
  return z.looseObject(shape).check((context) => {
    for (const key of Object.keys(context.value)) {
      if (key in shape || key.startsWith('_')) continue;
      context.issues.push({ code: 'unrecognized_keys', keys: [key], input: context.value });
    }
  });
}

const comment = z.string().optional();
const time = z.iso.datetime();
/** Milliseconds; -1 for what does not apply. */
const duration = z.number().nonnegative().or(z.literal(-1));
const size = z.int().min(-1);
const httpVersion = z.string().regex(/^HTTP\/[\d.]+$/);
const nameValue = custom({ name: z.string(), value: z.string(), comment });
const cookie = custom({ name: z.string(), value: z.string(), comment });

const postData = custom({
  mimeType: z.string(),
  params: z.array(custom({ name: z.string(), value: z.string().optional(), comment })).optional(),
  text: z.string().optional(),
  comment,
}).refine(
  ({ params, text }) => params === undefined || text === undefined,
  'params and text exclude each other',
);

const request = custom({
  method: z.string().min(1),
  url: z.url(),
  httpVersion,
  cookies: z.array(cookie),
  headers: z.array(nameValue),
  queryString: z.array(nameValue),
  postData: postData.optional(),
  headersSize: size,
  bodySize: size,
  comment,
});

const content = custom({
  size: z.int().nonnegative(),
  compression: z.int().optional(),
  mimeType: z.string().min(1),
  text: z.string().optional(),
  encoding: z.literal('base64').optional(),
  comment,
}).refine(
  ({ text, encoding, size: bytes }) =>
    text === undefined || Buffer.from(text, encoding ?? 'utf8').length === bytes,
  'size is not that of text',
);

const response = custom({
  status: z.int().min(0).max(999),
  statusText: z.string(),
  httpVersion,
  cookies: z.array(cookie),
  headers: z.array(nameValue),
  content,
  redirectURL: z.string(),
  headersSize: size,
  bodySize: size,
  comment,
});

const timings = custom({
  blocked: duration.optional(),
  dns: duration.optional(),
  connect: duration.optional(),
  send: z.number().nonnegative(),
  wait: z.number().nonnegative(),
  receive: z.number().nonnegative(),
  ssl: duration.optional(),
  comment,
});

const entry = custom({
  pageref: z.string().optional(),
  startedDateTime: time,
  time: z.number().nonnegative(),
  request,
  response,
  cache: custom({ comment }),
  timings,
  serverIPAddress: z.string().optional(),
  connection: z.string().optional(),
  comment,
}).refine(
  ({ time: all, timings: { send, wait, receive } }) => all === send + wait + receive,
  'time is not the sum',
);

const page = custom({
  startedDateTime: time,
  id: z.string(),
  title: z.string(),
  pageTimings: custom({ onContentLoad: duration.optional(), onLoad: duration.optional(), comment }),
  comment,
});

const log = custom({
  version: z.literal('1.2'),
  creator: custom({ name: z.string(), version: z.string(), comment }),
  browser: custom({ name: z.string(), version: z.string(), comment }).optional(),
  pages: z.array(page).optional(),
  entries: z.array(entry),
  comment,
}).refine(
  ({ pages = [], entries }) =>
    entries.every(({ pageref }) => pageref === undefined || pages.some(({ id }) => id === pageref)),
  'an entry is of a page that is not there',
);

const har: z.ZodType<Har> = z.strictObject({ log }) as unknown as z.ZodType<Har>;

/** Reads an archive. @throws ZodError where it is not as HAR 1.2 has it */
export function readHar(text: string): Har {
  return har.parse(JSON.parse(text));
}
