import { WireError } from '../../../src/protocols/http/wire/errors.ts';
import { readRequests } from '../../../src/protocols/http/wire/testing/read-messages.ts';
import { type OracleRequest, readByLlhttp } from './llhttp-oracle.ts';

/** How two parsers took one stream. */
export interface Comparison {
  /** `same`: both took all of it, alike. `stricter`: we refuse what llhttp takes. `looser`: the other way round. */
  readonly verdict: 'same' | 'both-refuse' | 'stricter' | 'looser' | 'different';
  /** Our reason, else llhttp's, else what differs. */
  readonly reason: string;
}

/** Gives a stream to the codec, whole, and to llhttp. */
export async function compareWithLlhttp(bytes: Buffer): Promise<Comparison> {
  const oracle = await readByLlhttp(bytes);
  const { messages, failure } = readRequests([bytes]);
  if (failure !== undefined) {
    if (!(failure instanceof WireError)) throw new Error('not a WireError', { cause: failure });
    return { verdict: oracle.failure === undefined ? 'stricter' : 'both-refuse', reason: failure.code };
  }
  if (oracle.failure !== undefined) return { verdict: 'looser', reason: oracle.failure };
  const ours = messages.map(
    ({ head, body, trailers }): OracleRequest => ({
      method: head.method,
      target: head.target.raw,
      fields: head.fields.pairs().flat(),
      body,
      trailers: trailers.flat(),
    }),
  );
  const [left, right] = [JSON.stringify(ours), JSON.stringify(oracle.requests)];
  return left === right
    ? { verdict: 'same', reason: '' }
    : { verdict: 'different', reason: `${left} ${right}` };
}
