/** Cuts what approvers see to a size that can be kept, and drops what must not be (P5, P10). */
import type { ApprovalView } from '../model/approval.ts';
import type { KeptView } from './request.ts';

const MAX_TEXT = 16 * 1024;
const MAX_SUMMARY = 500;
const MAX_PARAMETERS = 100;
const MAX_VALUE = 256;
const MAX_TYPE = 100;

/** The view as it is kept. The digest binds the whole, however much of it is shown. */
export function keptView(
  { summary, text, parameters, effects }: ApprovalView,
  seen: Pick<KeptView, 'rows' | 'before'> = {},
): KeptView {
  return {
    summary: cut(summary, MAX_SUMMARY),
    text: cut(text, MAX_TEXT),
    textLength: text.length,
    parameters: parameters.slice(0, MAX_PARAMETERS).map(({ type, value, sensitive }) => ({
      type: cut(type, MAX_TYPE),
      ...(sensitive ? {} : { value: value === null ? null : cut(value, MAX_VALUE) }),
      sensitive,
      truncated: !sensitive && (value?.length ?? 0) > MAX_VALUE,
    })),
    furtherParameters: Math.max(0, parameters.length - MAX_PARAMETERS),
    ...(effects === undefined ? {} : { effects }),
    ...seen,
  };
}

/** At most `length` UTF-16 units, never half a character. */
function cut(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}
