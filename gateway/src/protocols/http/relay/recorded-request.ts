/** What of a request goes on record: values that meet masked fields do not stand there as they are (P5). */

import { fieldsOf } from '../facts/parameter-names.ts';
import { leavesText } from '../masking/body-masker.ts';
import { HttpMaskError } from '../masking/errors.ts';
import type { FieldMasks } from '../masking/field-masks.ts';
import { FieldNames } from '../masking/field-names.ts';
import type { HeadPairs } from '../masking/response-facts.ts';
import { createResponseMask, type ResponseMask } from '../masking/response-mask.ts';
import type { ExchangeRecord } from './exchange-record.ts';

/** What stands for the value of a parameter, or undefined where it stays. */
export type HideValue = (name: string, value: string) => string | undefined;

/** Digests in place of values of parameters that a mask means by their name or by what is in them. They need no escape. */
export function hidingBy(masks: FieldMasks): HideValue {
  const { digests } = masks.tools;
  const isMeant = (path: readonly string[], value: string): boolean => {
    const mask = masks.of(new FieldNames(path));
    if (leavesText(mask)) return false;
    return (
      mask.whole !== undefined ||
      mask.paths.length > 0 ||
      mask.scanner?.scanText(value, mask.hints) !== undefined
    );
  };
  return (name, value) => {
    // Those that the policy looks at when it judges the request.
    if (value === '' || !fieldsOf(name).some((path) => isMeant(path, value))) return undefined;
    return `__digest_${digests.digest(value).replace(':', '_')}__`;
  };
}

/**
 * The body of one request on record. With masks it is what an answer with this body would be; one that cannot be masked is
 * not recorded, and that is noted. What the service gets is not touched.
 */
export class RecordedRequestBody {
  readonly #record: ExchangeRecord;
  #mask: ResponseMask | undefined;
  #isDropped = false;

  /** @param fields of the request */
  constructor(record: ExchangeRecord, masks: FieldMasks | undefined, fields: () => HeadPairs) {
    this.#record = record;
    if (masks === undefined || !record.isOn) return;
    const mask = createResponseMask(masks);
    try {
      mask.head({ status: 200, fields: fields(), hasBody: true });
      this.#mask = mask;
    } catch (error) {
      this.#drop(error);
    }
  }

  /** Its content coding is undone on record. */
  get isMasked(): boolean {
    return this.#mask !== undefined;
  }

  /** Rejects when it cannot be recorded. */
  async data(slice: Buffer): Promise<void> {
    if (this.#isDropped) return;
    if (this.#mask === undefined) return this.#record.data('request', slice, 0, slice.length);
    await this.#try((mask, sink) => mask.body(slice, sink));
  }

  /** The body is complete. */
  async end(): Promise<void> {
    if (this.#mask !== undefined) await this.#try((mask, sink) => mask.end(sink));
    this.close();
  }

  /** Frees what is held; for a body that breaks off. */
  close(): void {
    this.#mask?.close();
    this.#mask = undefined;
  }

  async #try(
    work: (mask: ResponseMask, sink: (bytes: Buffer) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    if (this.#mask === undefined) return;
    try {
      await work(this.#mask, (bytes) => this.#record.data('request', bytes, 0, bytes.length));
    } catch (error) {
      this.close();
      this.#drop(error);
    }
  }

  #drop(error: unknown): void {
    if (!(error instanceof HttpMaskError)) throw error;
    this.#isDropped = true;
    this.#record.note('data-not-recorded', {
      reason: 'masked fields cannot be found in the body of the request',
    });
  }
}
