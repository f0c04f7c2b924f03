import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { IdentityError } from './errors.ts';

/** Bounds of one fetch. */
interface JsonFetchOptions {
  /** Ends the fetch wherever it stands: name look-up, handshake, headers or body. */
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  /** PEM file of the only CA to trust; absent: the system's. */
  readonly ca?: string | undefined;
  /** Told the answer's Date header (RFC 9110 section 6.6.1), if it has one. */
  readonly onDate?: (date: string) => void;
}

/**
 * Fetches one JSON document.
 * @throws IdentityError `ERR_IDENTITY_FETCH_FAILED` for anything but a 200 with a JSON body inside the bounds.
 */
export type JsonFetch = (url: string, options: JsonFetchOptions) => Promise<unknown>;

/**
 * The {@link JsonFetch} for real servers. Not the built-in `fetch`, because that has no way to trust a private CA for
 * one host only. Redirects are not followed and bodies not decompressed: both would widen what an issuer can make
 * the gateway do.
 */
export const fetchJson: JsonFetch = async (url, options) =>
  read(url, options, async (response) => {
    if (response.statusCode !== 200) {
      response.destroy();
      throw new Error(`status ${response.statusCode}, expected 200`);
    }
    if (response.headers.date !== undefined) options.onDate?.(response.headers.date);
    return parseJson(await readBody(response, options.maxBytes));
  });

async function read<Result>(
  url: string,
  options: JsonFetchOptions,
  use: (response: IncomingMessage) => Promise<Result>,
  post?: Post,
): Promise<Result> {
  try {
    const ca =
      options.ca === undefined
        ? undefined
        : await readFile(options.ca, { encoding: 'utf8', signal: options.signal });
    const tls = { ...(ca === undefined ? {} : { ca }), signal: options.signal };
    return await use(await getResponse(url, tls, post));
  } catch (cause) {
    const reason = options.signal.aborted ? 'no complete answer in time' : reasonOf(cause);
    throw new IdentityError('ERR_IDENTITY_FETCH_FAILED', `cannot fetch ${url}: ${reason}`, {
      source: 'upstream',
      retryable: true,
      cause,
    });
  }
}

/**
 * Posts a form and reads a JSON document, whatever the status: OAuth tells errors by 400 (RFC 6749 section 5.2).
 * @throws IdentityError `ERR_IDENTITY_FETCH_FAILED` for anything but a JSON body inside the bounds
 */
export type FormPost = (
  url: string,
  form: Readonly<Record<string, string>>,
  options: Omit<JsonFetchOptions, 'onDate'>,
) => Promise<{ readonly status: number; readonly body: unknown }>;

/** The {@link FormPost} for real servers. */
export const postForm: FormPost = async (url, form, options) => {
  const text = new URLSearchParams(form).toString();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(Buffer.byteLength(text)),
  };
  const post = { method: 'POST', headers, text };
  return read(
    url,
    options,
    async (response) => {
      const body = parseJson(await readBody(response, options.maxBytes));
      return { status: response.statusCode ?? 0, body };
    },
    post,
  );
};

interface Post {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

function getResponse(url: string, tls: RequestOptions, post?: Post): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    connection: 'close',
    ...post?.headers,
  };
  // Said aloud, because an environment variable can turn the default off for the whole process.
  const rejectUnauthorized = true;
  const outgoing = request(
    url,
    { ...tls, method: post?.method ?? 'GET', agent: false, headers, rejectUnauthorized },
    resolve,
  );
  outgoing.on('error', reject);
  outgoing.end(post?.text);
  return promise;
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  try {
    const encoding = response.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') throw new Error('the answer is compressed, which was not asked for');
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    if (!response.complete) throw new Error('the answer was cut off');
    return Buffer.concat(chunks);
  } finally {
    response.destroy();
  }
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // The parser's own message quotes the body, which is the peer's text.
    throw new Error('the answer is not JSON');
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown failure';
  // An AggregateError (all addresses refused) has an empty message; its code says enough.
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return cause.message || code || cause.name;
}
