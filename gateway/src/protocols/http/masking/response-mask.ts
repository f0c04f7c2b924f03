/** The facade: the masks of one response. README.md says in which order a relay calls it. */
import type { MaskTools } from '../../../masking/mask-tools.ts';
import type { MaskObligation } from '../../../model/obligation.ts';
import { bodyMasker } from './body-format.ts';
import { type BodyMasker, MaskContext } from './body-masker.ts';
import { ContentDecoder, isKnownCoding } from './coding/content-decoder.ts';
import { type HttpMaskError, httpMaskError } from './errors.ts';
import { FieldMasks } from './field-masks.ts';
import { aliasTree, FieldNames } from './field-names.ts';
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
/** Two would multiply what each may expand. */
const MOST_CODINGS = 1;
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
  const { leaves = [], limits = DEFAULT_MASK_LIMITS } = request;
  const tally = new MaskTally();
  const headContext = new MaskContext(masks, tally, limits);
  const aliases = leaves.length === 0 ? undefined : aliasTree(leaves);
  const context = new MaskContext(masks, tally, limits, new FieldNames([], aliases));
  let masker: BodyMasker | undefined;
  let decoders: readonly ContentDecoder[] = [];
  let isWithheld = false;
  let isEmpty = true;
  /** Makes ready for the body; false where it is withheld. */
  const opens = (status: number, fields: HeadPairs): boolean => {
    try {
      const made = bodyMasker(context, valueOf(fields, 'content-type'));
      if (made instanceof Error) throw made;
      decoders = decodersOf(fields);
      masker = made;
      return true;
    } catch (error) {
      if (status < FIRST_STATUS_WITHOUT_BODY) throw error;
      return false;
    }
  };
  const mask = async (chunk: Buffer, sink: MaskSink): Promise<void> => {
    if (isWithheld || chunk.length === 0) return;
    if (masker === undefined) throw noBody();
    isEmpty = false;
    const out: Buffer[] = [];
    masker.push(chunk, out);
    for (const bytes of out) if (bytes.length > 0) await sink(bytes);
  };
  const decode = (chunk: Buffer, sink: MaskSink, from = 0): Promise<void> => {
    const decoder = decoders[from];
    return decoder === undefined
      ? mask(chunk, sink)
      : decoder.push(chunk, (bytes) => decode(bytes, sink, from + 1));
  };
  return {
    before: (fields) => refusedRequest(fields),
    acceptEncoding: MASKED_REQUEST_CODINGS,
    head: ({ status, fields, hasBody }) => {
      if (status === 206 || status === 226 || status === 101) throw partial();
      if (hasBody) isWithheld = !opens(status, fields);
      const kept = isWithheld ? fields.filter(([name]) => name.toLowerCase() !== 'content-type') : fields;
      return { reason: '', fields: maskHead(headContext, kept), isWithheld };
    },
    fields: (fields) => maskHead(headContext, fields),
    body: (chunk, sink) => decode(chunk, sink),
    end: async (sink) => {
      for (const [index, decoder] of decoders.entries()) {
        await decoder.end((bytes) => decode(bytes, sink, index + 1));
      }
      // Nothing is valid in any format: there is nothing in it to mask.
      if (isEmpty) return;
      const out: Buffer[] = [];
      masker?.end(out);
      for (const bytes of out) if (bytes.length > 0) await sink(bytes);
    },
    close: () => {
      for (const decoder of decoders) decoder.close();
    },
    summary: () => tally.summary(),
  };
}

function refusedRequest(fields: HeadPairs): HttpMaskError | undefined {
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  if (names.has('range') || names.has('a-im')) {
    return httpMaskError(
      'ERR_HTTP_MASK_PART',
      'a part of what is masked cannot be asked for: leave out the Range field and ask for all of it',
    );
  }
  return names.has('upgrade') && !valueOf(fields, 'upgrade')?.toLowerCase().startsWith('h2c')
    ? partial()
    : undefined;
}

/** From the last coding that was applied to the first. */
function decodersOf(fields: HeadPairs): readonly ContentDecoder[] {
  const codings = fields
    .filter(([name]) => name.toLowerCase() === 'content-encoding')
    .flatMap(([, value]) => value.split(','))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > MOST_CODINGS || !codings.every(isKnownCoding)) {
    throw httpMaskError('ERR_HTTP_MASK_CODING', 'the response is in a content coding that cannot be undone');
  }
  return codings.toReversed().map((coding) => new ContentDecoder(coding));
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

function noBody(): HttpMaskError {
  return httpMaskError('ERR_HTTP_MASK_FORMAT', 'the response has a body where none belongs');
}
