/** The one line an agent's model reads when it is refused (design: Denial contract). */
import type { DenyDecision } from '../model/decision.ts';
import { approvalWords } from './approval-text.ts';
import { seconds, spokenTime } from './limits/spoken.ts';
import { nounOf } from './nouns.ts';
import type { Verdict } from './verdict.ts';

/** Longest denial in bytes: MySQL client buffers hold 512, and frameworks cut long errors. */
export const DENIAL_MAX_BYTES = 400;

/** The parts of a denial, for protocols that have more than one field. */
export interface DenialText {
  /** Self-sufficient, one line, at most {@link DENIAL_MAX_BYTES} bytes of UTF-8. */
  readonly message: string;
  readonly detail: string;
  readonly hint: string;
}

/** Words a denial: what was refused and by which rule, that retrying is useless, what to do instead. */
export function denialText(
  id: string,
  denied: DenyDecision,
  { family = '', repetition }: Pick<Verdict, 'family' | 'repetition'>,
): DenialText {
  if (repetition?.isLoop === true) return loopText(id, denied, repetition.count);
  const noun = nounOf(family);
  const asked = approvalWords(id, { subject: oneLine(denied.subject), noun }, denied);
  if (asked === undefined) return policyText(id, noun, denied);
  const { head, guidance } = asked;
  const advice = oneLine(asked.advice) === '' ? '' : ` ${oneLine(asked.advice)}`;
  return {
    message: fit([head, advice, guidance]),
    detail: detailOf(id, denied),
    hint: `${advice}${guidance}`.trim(),
  };
}

/** An agent that does not listen is told less. */
function loopText(id: string, denied: DenyDecision, count: number): DenialText {
  const guidance = ' Stop: it will never pass as it is. Do something else, or tell whom you work for.';
  return {
    message: fit([
      `POLICY_DENIED [${id}] the same again, ${count} times now: ${reason(denied)}.`,
      '',
      guidance,
    ]),
    detail: detailOf(id, denied),
    hint: guidance.trim(),
  };
}

function policyText(id: string, noun: string, denied: DenyDecision): DenialText {
  const head = `POLICY_DENIED [${id}] ${oneLine(denied.subject)}: ${reason(denied)}.`;
  const alternatives =
    denied.alternatives.length === 0
      ? ''
      : ` Allowed instead: ${denied.alternatives.map(oneLine).join('; ')}.`;
  const access = requestAccess(denied) ?? ` Request access: quote ${id} to your administrator.`;
  const guidance =
    denied.retryAfterMs === undefined
      ? ` Do not retry this ${noun}.`
      : ` Do not retry before ${seconds(denied.retryAfterMs)} have passed.`;
  const advice = denied.message === undefined ? '' : ` ${sentence(oneLine(denied.message))}`;
  return {
    message: fit([head, advice, guidance, alternatives, access], denied.requestable !== undefined),
    detail: detailOf(id, denied),
    hint: `${advice}${alternatives}${access}`.trim(),
  };
}

/** Tells how to ask people to open what is closed: by whom the model works for, or by itself. */
function requestAccess({ requestable = [] }: DenyDecision): string | undefined {
  const [first] = requestable;
  if (first === undefined) return undefined;
  const rules = requestable.slice(0, 3).map(({ rule }) => oneLine(rule));
  const upToMs = Math.min(...requestable.slice(0, 3).map((one) => one.upToMs));
  return ` Request access: rule ${rules.join(', ')}, for up to ${spokenTime(upToMs)}, with a reason, by request_access (POST /v1/access-requests).`;
}

function detailOf(id: string, denied: DenyDecision): string {
  const versions = denied.policy.commit === undefined ? '' : `, commit ${denied.policy.commit.slice(0, 12)}`;
  return `decision ${id}, cause ${denied.cause}, rule ${denied.rules.join(', ') || 'none'}, policy ${denied.policy.hash.slice(0, 12)}${versions}`;
}

function reason(denied: DenyDecision): string {
  const rules = denied.rules.slice(0, 3).join(', ');
  switch (denied.cause) {
    case 'rule':
      return `denied by rule ${rules}`;
    case 'default':
      return 'no rule allows it';
    case 'opaque':
      return 'it cannot be analysed, so it is denied';
    case 'error':
      return `rule ${rules} failed to evaluate, so it is denied`;
    case 'obligation':
      return `rule ${rules} cannot be fulfilled, so it is denied`;
    case 'limit':
      return rules === '' ? 'the gateway is full' : `the limit of rule ${rules} is used up`;
    case 'approval':
      return `rule ${rules} asks people first, and they cannot be asked`;
    case 'quarantine':
      return 'this run is stopped';
  }
}

/** Drops the least useful parts, then shortens the first ones, until the line fits. */
function fit(parts: readonly string[], isAccessWorth = false): string {
  const [head = '', advice = '', guidance = '', alternatives = '', access = ''] = parts;
  const whole = [head, advice, guidance, alternatives, access].join('');
  if (bytes(whole) <= DENIAL_MAX_BYTES) return whole;
  // What can be opened is worth more than what is open anyway.
  const shorter = [head, advice, guidance, isAccessWorth ? access : alternatives].join('');
  if (bytes(shorter) <= DENIAL_MAX_BYTES) return shorter;
  const end = guidance + (isAccessWorth && bytes(access) <= 200 ? access : '');
  const room = DENIAL_MAX_BYTES - bytes(end);
  const start = cut(head, Math.min(room, 240));
  return start + cut(advice, room - bytes(start)) + end;
}

function cut(text: string, maxBytes: number): string {
  if (bytes(text) <= maxBytes) return text;
  if (maxBytes < 8) return '';
  let short = text.slice(0, maxBytes - 3);
  while (bytes(short) > maxBytes - 3) short = short.slice(0, -1);
  // A lone high surrogate at the cut would turn into a replacement character.
  return `${short.replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, ' ').trim();
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
