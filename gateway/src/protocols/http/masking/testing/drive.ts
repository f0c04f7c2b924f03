/** Drives masks of HTTP responses in memory. */
import { DetectorSet } from '../../../../masking/detector-set.ts';
import type { MaskTools } from '../../../../masking/mask-tools.ts';
import { ValueDigests } from '../../../../masking/replace/digest.ts';
import { MaskingKeys } from '../../../../masking/replace/masking-keys.ts';
import { Pseudonyms } from '../../../../masking/replace/pseudonyms.ts';
import type { MaskObligation } from '../../../../model/obligation.ts';
import type { HeadPairs } from '../response-facts.ts';
import {
  compileFieldMasks,
  createResponseMask,
  type MaskedRequest,
  type ResponseMask,
} from '../response-mask.ts';

const KEYS = new MaskingKeys([{ id: 'k', bytes: new Uint8Array(32).fill(7) }]);

/** What masks of tests are made with: the detector `word` finds `secret`. */
export const TOOLS: MaskTools = {
  detectors: new DetectorSet({ patterns: [{ name: 'word', pattern: 'secret' }] }),
  pseudonyms: new Pseudonyms(KEYS, 'test'),
  digests: new ValueDigests(KEYS, 'test'),
};

/** An obligation to mask, as a policy says it. */
export type MaskOf = Partial<Omit<MaskObligation, 'kind' | 'rule'>>;

/** The mask of one response. */
export function maskOf(masks: readonly MaskOf[], request: MaskedRequest = {}): ResponseMask {
  const obligations = masks.map(
    (mask, index): MaskObligation => ({
      kind: 'mask',
      rule: `r${index}`,
      columns: [],
      method: 'redact',
      ...mask,
    }),
  );
  return createResponseMask(compileFieldMasks(obligations, TOOLS), request);
}

/** Sends a body through a mask, cut at the places. */
export async function drive(
  mask: ResponseMask,
  body: Buffer,
  options: { readonly fields?: HeadPairs; readonly cuts?: readonly number[] } = {},
): Promise<Buffer> {
  const { fields = [['content-type', 'application/json']], cuts = [] } = options;
  mask.head({ status: 200, fields, hasBody: true });
  const out: Buffer[] = [];
  const sink = (bytes: Buffer): Promise<void> => {
    out.push(Buffer.from(bytes));
    return Promise.resolve();
  };
  let from = 0;
  for (const place of [...new Set(cuts.map((cut) => cut % (body.length + 1)))].sort((a, b) => a - b)) {
    await mask.body(Buffer.from(body.subarray(from, place)), sink);
    from = place;
  }
  await mask.body(Buffer.from(body.subarray(from)), sink);
  await mask.end(sink);
  return Buffer.concat(out);
}

/** The masked text of a body in one piece. */
export async function masked(
  masks: readonly MaskOf[],
  body: string,
  contentType = 'application/json',
  request: MaskedRequest = {},
): Promise<string> {
  const fields: HeadPairs = [['content-type', contentType]];
  return (await drive(maskOf(masks, request), Buffer.from(body), { fields })).toString('utf8');
}
