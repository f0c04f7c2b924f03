/** What the permits of one WebSocket oblige to: its own, those of its messages, and what the policy says of it later. */
import type { MaskTools } from '../../../../masking/mask-tools.ts';
import type { Obligation } from '../../../../model/obligation.ts';
import type { SocketSpeech } from '../../facts/message-facts.ts';
import type { MaskSummary } from '../../masking/mask-tally.ts';
import { type MessageMask, MessageMasks } from '../../masking/message-mask.ts';
import { permitMasks } from '../../masking/permit-masks.ts';
import { denialEnd } from './denial-answer.ts';
import { policyEnd, SocketEndError } from './socket-end.ts';
import type { SocketJudge } from './socket-judge.ts';
import type { SocketLimits } from './socket-limits.ts';

/** What terms are kept with. */
export interface SocketTermsOptions {
  readonly judge: Pick<SocketJudge, 'again'>;
  readonly limits: Pick<SocketLimits, 'oblige'>;
  readonly tools: MaskTools;
  readonly speech: SocketSpeech;
  /** Of the handshake's permit. */
  readonly obligations: readonly Obligation[];
}

/** The terms of one WebSocket. They only ever become stricter. */
export class SocketTerms {
  readonly #options: SocketTermsOptions;
  readonly #approved: ReadonlySet<string>;
  /** Masks by what they say. */
  readonly #obligations = new Map<string, Obligation>();
  #masks: MessageMasks | undefined;
  #latest: readonly Obligation[] | undefined;

  /** @throws SocketEndError for masks that cannot be kept here */
  constructor(options: SocketTermsOptions) {
    this.#options = options;
    this.#approved = new Set(approvalsOf(options.obligations));
    this.oblige(options.obligations);
  }

  /** Takes up the limits and masks of a permit. @throws SocketEndError for masks that cannot be kept here */
  oblige(obligations: readonly Obligation[]): void {
    if (obligations === this.#latest) return;
    this.#latest = obligations;
    this.#options.limits.oblige(obligations);
    const before = this.#obligations.size;
    for (const one of obligations) if (one.kind === 'mask') this.#obligations.set(JSON.stringify(one), one);
    if (this.#obligations.size === before) return;
    if (this.#options.speech === 'graphql') throw unmaskable();
    const masks = permitMasks([...this.#obligations.values()], this.#options.tools);
    if (masks === undefined) return;
    if (this.#masks === undefined) this.#masks = new MessageMasks(masks);
    else this.#masks.change(masks);
  }

  /**
   * Before a message of the service: the mask of the message, as of now.
   * @throws SocketEndError where the WebSocket may not go on, HttpMaskError for a message that cannot be masked
   */
  begin(isText: boolean): MessageMask | undefined {
    this.check();
    return this.#masks?.begin(isText);
  }

  /** What the policy of this moment says of the WebSocket (P8). @throws SocketEndError where it may not go on */
  check(): void {
    const verdict = this.#options.judge.again();
    const { decision } = verdict;
    if (decision.effect === 'deny') throw new SocketEndError(denialEnd(verdict));
    if (approvalsOf(decision.obligations).some((rule) => !this.#approved.has(rule))) {
      throw new SocketEndError(policyEnd('people are asked for this now: open it again', 'APPROVAL_PENDING'));
    }
    this.oblige(decision.obligations);
  }

  /** The reason of a close frame for the client: none where it could hold what is masked (P5). */
  reason(text: string): string {
    return this.#masks === undefined ? text : '';
  }

  /** What was masked, for the record. */
  get masked(): MaskSummary | undefined {
    return this.#masks?.summary();
  }
}

function approvalsOf(obligations: readonly Obligation[]): readonly string[] {
  return obligations.filter(({ kind }) => kind === 'approval').map(({ rule }) => rule);
}

/** Names in answers are aliases of operations that have long been sent. */
function unmaskable(): SocketEndError {
  return new SocketEndError(
    policyEnd('answers of GraphQL over a WebSocket cannot be masked', 'ERR_HTTP_MASK_PART'),
  );
}
