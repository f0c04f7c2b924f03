/** The facade: the masks of one response. README.md says in which order a relay calls it. */
import type { MaskTools } from '../../../masking/mask-tools.ts';
import type { MaskObligation } from '../../../model/obligation.ts';
import { ContentDecoder, isKnownCoding } from '../coding/content-decoder.ts';
import { bodyMasker } from './body-format.ts';
import { type BodyMasker, MaskContext } from './body-masker.ts';
import { type HttpMaskError, httpMaskError } from './errors.ts';
import { FieldMasks } from './field-masks.ts';
import { aliasTree } from './field-names.ts';
import { maskHead } from './head-masker.ts';
import { DEFAULT_MASK_LIMITS, type MaskLimits } from './mask-limits.ts';
import { type MaskSummary, MaskTally } from './mask-tally.ts';
import type { GraphqlLeaf, HeadPairs, ResponseFacts } from './response-facts.ts';

/** Takes bytes for the client; nothing more is worked on before it resolved. */
export type MaskSink = (bytes: Buffer) => Promise<void>;

/** What is known of the request whose response is masked. */
export interface MaskedRequest {
  /** Of GraphQL, as `HttpFacts.leaves`. */
  readonly leaves?: readonly GraphqlLeaf[];
  readonly limits?: MaskLimits;
}

/** A head as it is sent on. */
export interface MaskedHead {
  /** Empty: the service's own words could hold what is masked. */
  readonly reason: '';
  /** Without anything about the length, the coding and the bytes of the body: its length is not known before its end. */
  readonly fields: HeadPairs;
  /** The body is withheld: none is sent, and what comes of it need not be read. */
  readonly isWithheld: boolean;
}

/** From here on a status says enough without its body: redirects and errors, whose pages are often HTML. */
const FIRST_STATUS_WITHOUT_BODY = 300;
const MASKED_REQUEST_CODINGS = 'gzip, deflate, br, zstd';

/** Masks one response. Not for two: make one for each request. */
export interface ResponseMask {
  /**
   * Before the request is forwarded: why it cannot be, or undefined. The message may be told to the client.
   * @param fields of the request
   */
  before(fields: HeadPairs): HttpMaskError | undefined;
  /** What the request says to the service: the codings that can be undone. Every other field is forwarded as it is. */
  readonly acceptEncoding: string;
  /**
   * The head as it is sent on. Once, for the final response; an interim one goes through {@link fields}.
   * The body of a redirect or an error that cannot be masked is withheld.
   * @throws HttpMaskError where the response cannot be masked: nothing of it may be sent on.
   */
  head(head: ResponseFacts): MaskedHead;
  /** Fields of interim responses and trailers. */
  fields(fields: HeadPairs): HeadPairs;
  /** A piece of the body, without transfer coding. @throws HttpMaskError: the response is broken off. */
  body(chunk: Buffer, sink: MaskSink): Promise<void>;
  /** The body is complete. @throws HttpMaskError: the response is broken off, and not ended as if it were complete. */
  end(sink: MaskSink): Promise<void>;
  /** Frees what is held; for a response that was broken off. */
  close(): void;
  /** For the record; undefined where nothing was replaced. Never a value. */
  summary(): MaskSummary | undefined;
}

/**
 * Compiles the masks of a permit; they may be kept for each list of obligations.
 * @throws MaskingError for detectors and paths that there are not; the policy refuses them at load.
 */
export function compileFieldMasks(obligations: readonly MaskObligation[], tools: MaskTools): FieldMasks {
  return new FieldMasks(obligations, tools);
}

/** Makes the mask of one response. */
export function createResponseMask(masks: FieldMasks, request: MaskedRequest = {}): ResponseMask {
  return new FieldResponseMask(masks, request);
}

class FieldResponseMask implements ResponseMask {
  readonly acceptEncoding = MASKED_REQUEST_CODINGS;
  readonly #tally = new MaskTally();
  readonly #headContext: MaskContext;
  readonly #bodyContext: MaskContext;
  #masker: BodyMasker | undefined;
  #decoder: ContentDecoder | undefined;
  #isWithheld = false;
  #isEmpty = true;

  constructor(masks: FieldMasks, { leaves = [], limits = DEFAULT_MASK_LIMITS }: MaskedRequest) {
    const aliases = leaves.length === 0 ? undefined : aliasTree(leaves);
    this.#headContext = new MaskContext(masks, this.#tally, limits);
    this.#bodyContext =
      aliases === undefined ? this.#headContext : new MaskContext(masks, this.#tally, limits, aliases);
  }

  before(fields: HeadPairs): HttpMaskError | undefined {
    return refusedRequest(fields);
  }

  head({ status, fields, hasBody }: ResponseFacts): MaskedHead {
    if (status === 206 || status === 226 || status === 101) throw partial();
    if (hasBody) this.#isWithheld = !this.#opens(status, fields);
    const isWithheld = this.#isWithheld;
    const kept = isWithheld ? fields.filter(([name]) => name.toLowerCase() !== 'content-type') : fields;
    return { reason: '', fields: maskHead(this.#headContext, kept), isWithheld };
  }

  fields(fields: HeadPairs): HeadPairs {
    return maskHead(this.#headContext, fields);
  }

  body(chunk: Buffer, sink: MaskSink): Promise<void> {
    if (this.#isWithheld) return Promise.resolve();
    return this.#decoder === undefined
      ? this.#mask(chunk, sink)
      : this.#decoder.push(chunk, (bytes) => this.#mask(bytes, sink));
  }

  async end(sink: MaskSink): Promise<void> {
    await this.#decoder?.end((bytes) => this.#mask(bytes, sink));
    // Nothing is valid in any format: there is nothing in it to mask.
    if (this.#isEmpty) return;
    const out: Buffer[] = [];
    this.#masker?.end(out);
    await send(out, sink);
  }

  close(): void {
    this.#decoder?.close();
  }

  summary(): MaskSummary | undefined {
    return this.#tally.summary();
  }

  /** Makes ready for the body; false where it is withheld. */
  #opens(status: number, fields: HeadPairs): boolean {
    try {
      const masker = bodyMasker(this.#bodyContext, valueOf(fields, 'content-type'));
      if (masker instanceof Error) throw masker;
      this.#decoder = decoderOf(fields);
      this.#masker = masker;
      return true;
    } catch (error) {
      if (status < FIRST_STATUS_WITHOUT_BODY) throw error;
      return false;
    }
  }

  async #mask(chunk: Buffer, sink: MaskSink): Promise<void> {
    if (chunk.length === 0) return;
    if (this.#masker === undefined) throw noBody();
    if (chunk.includes(0) || (this.#isEmpty && (chunk[0] ?? 0) >= WIDE_MARK)) throw wide();
    this.#isEmpty = false;
    const out: Buffer[] = [];
    this.#masker.push(chunk, out);
    await send(out, sink);
  }
}

/** The bytes FE and FF stand in no UTF-8: text that begins with one is UTF-16, whatever its type says. */
const WIDE_MARK = 0xfe;

/** Many small slices become one. */
async function send(out: readonly Buffer[], sink: MaskSink): Promise<void> {
  const [first] = out;
  if (first === undefined) return;
  const bytes = out.length === 1 ? first : Buffer.concat(out);
  if (bytes.length > 0) await sink(bytes);
}

function refusedRequest(fields: HeadPairs): HttpMaskError | undefined {
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  if (names.has('range') || names.has('a-im')) {
    return httpMaskError(
      'ERR_HTTP_MASK_PART',
      'a part of what is masked cannot be asked for: leave out the Range field and ask for all of it',
    );
  }
  // A validator is often a digest of the content: who may ask for one may guess what is masked.
  const asksByValidator = ['if-match', 'if-none-match', 'if-range'].some(
    (name) => names.has(name) && valueOf(fields, name)?.trim() !== '*',
  );
  if (asksByValidator) {
    return httpMaskError(
      'ERR_HTTP_MASK_PART',
      'what is masked has no validators: leave out If-Match and If-None-Match, or say `*`',
    );
  }
  // Messages of a WebSocket have masks of their own; what offers anything beside it is refused as a handshake.
  const upgrade = valueOf(fields, 'upgrade')?.toLowerCase() ?? '';
  const isKnown = upgrade === '' || upgrade === 'websocket' || upgrade.startsWith('h2c');
  return isKnown ? undefined : partial();
}

/** Undoes the coding of the body; undefined where it has none. */
function decoderOf(fields: HeadPairs): ContentDecoder | undefined {
  const codings = fields
    .filter(([name]) => name.toLowerCase() === 'content-encoding')
    .flatMap(([, value]) => value.split(','))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const [coding] = codings;
  if (coding === undefined) return undefined;
  // Two would multiply what each may expand.
  if (codings.length > 1 || !isKnownCoding(coding)) {
    throw httpMaskError('ERR_HTTP_MASK_CODING', 'the response is in a content coding that cannot be undone');
  }
  return new ContentDecoder(coding);
}

function valueOf(fields: HeadPairs, wanted: string): string | undefined {
  const values = fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
  return values.length > 1 ? values.join(',') : values[0];
}

function partial(): HttpMaskError {
  return httpMaskError(
    'ERR_HTTP_MASK_PART',
    'what is masked is not handed out in parts or by another protocol',
  );
}

/** Text has no NUL, but for UTF-16 and UTF-32, in which nothing would be found. */
function wide(): HttpMaskError {
  return httpMaskError(
    'ERR_HTTP_MASK_FORMAT',
    'the response is no text, or in UTF-16, in which masked fields are not looked for',
  );
}

function noBody(): HttpMaskError {
  return httpMaskError('ERR_HTTP_MASK_FORMAT', 'the response has a body where none belongs');
}
