/** What of a desktop a session may do: each thing judged by itself at the opening, and again while it is open. */
import type { Gate, Intent, Verdict } from '../../../enforcement/gate.ts';
import { type ExchangeLimits, exchangeLimits } from '../../../enforcement/limits/exchange-limits.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { AccessRequest } from '../../../model/access-request.ts';
import type { JsonObject } from '../../../model/json.ts';
import { openingAsk } from '../../../model/opening-ask.ts';
import { CLIPBOARD_CHANNEL, type DesktopWish, desktopFacts } from '../facts/desktop-facts.ts';
import type { DesktopOperation } from '../facts/facts-family.ts';
import type { RdpSession } from '../session.ts';

/** Texts of one session that are on file by themselves. */
const MOST_NOTED = 32;
/** Dynamic channels of one session that are judged; more are refused. */
const MOST_DYNAMIC = 64;

/** Something that is permitted; `isOpen` until the policy closes it, or the session is over. */
export interface Feature {
  readonly operation: DesktopOperation;
  /** Of a CHANNEL or DYNAMIC_CHANNEL. */
  readonly channel: string;
  readonly permit: Permit;
  isOpen: boolean;
}

/** What came of judging: what is permitted, or the verdict that denies the view. */
export type JudgedDesktop = { readonly features: Features } | { readonly denied: Verdict };

/** What is permitted of one desktop. */
export class Features {
  readonly view: Feature;
  readonly limits: ExchangeLimits | undefined;
  readonly #all: Feature[];
  readonly #wish: DesktopWish;
  readonly #session: RdpSession;
  readonly #gate: Gate;
  readonly #gone: AbortSignal;
  #noted = 0;
  #dynamic = 0;

  private constructor(
    view: Feature,
    others: readonly Feature[],
    context: Judging & { readonly limits: ExchangeLimits | undefined },
  ) {
    this.view = view;
    this.#all = [view, ...others];
    this.#wish = context.wish;
    this.#session = context.session;
    this.#gate = context.gate;
    this.#gone = context.gone;
    this.limits = context.limits;
  }

  /** Judges all that a client may want, and puts it on file. Waits for people where the policy says so. */
  static async judge(
    wish: DesktopWish,
    session: RdpSession,
    { gate, gone }: { readonly gate: Gate; readonly gone: AbortSignal },
  ): Promise<JudgedDesktop> {
    const asked = wishesOf(wish);
    const verdicts: Verdict[] = [];
    for (const one of asked) {
      const verdict = await judgeOne(one, { wish, session, gate, gone });
      verdicts.push(verdict);
      // Without the view there is nothing to do anything with.
      if (verdicts.length === 1 && verdict.decision.effect === 'deny') break;
    }
    const intents = verdicts.map((verdict, index) =>
      intentOf(asked[index] ?? { operation: 'VIEW', channel: '' }, verdict, { wish, session }),
    );
    const permits = await gate.admit(intents, session.recording);
    session.exchanges += permits.length;
    session.refused += permits.filter((permit) => permit === undefined).length;
    const features = permits.flatMap((permit, index): Feature[] => {
      const one = asked[index];
      return permit === undefined || one === undefined ? [] : [{ ...one, permit, isOpen: true }];
    });
    const [first] = verdicts;
    const [view, ...others] = features;
    if (view?.operation === 'VIEW' && first?.decision.effect === 'permit') {
      const limits = exchangeLimits(first.decision.obligations);
      return { features: new Features(view, others, { wish, session, gate, gone, limits }) };
    }
    if (first === undefined) throw new TypeError('a desktop that nothing is asked of');
    return { denied: first };
  }

  /** Whether it is permitted at this moment. */
  may(operation: DesktopOperation, channel = ''): boolean {
    return this.#all.some((one) => one.operation === operation && one.channel === channel && one.isOpen);
  }

  /**
   * Judges a dynamic channel that the machine wants to open, and puts it on file before it is opened; waits for people where the policy
   * says so. Of one that is open nobody is asked again. Rejects where the audit cannot be written.
   */
  async opens(channel: string): Promise<boolean> {
    const one: Wish = { operation: 'DYNAMIC_CHANNEL', channel };
    if (this.may(one.operation, channel)) return true;
    if (this.#dynamic >= MOST_DYNAMIC) return false;
    this.#dynamic += 1;
    const session = this.#session;
    const context = { wish: this.#wish, session, gate: this.#gate, gone: this.#gone };
    const verdict = await judgeOne(one, context);
    const intent = intentOf(one, verdict, context);
    const [permit] = await this.#gate.admit([intent], session.recording);
    session.exchanges += 1;
    if (permit === undefined) session.refused += 1;
    else this.#all.push({ ...one, permit, isOpen: true });
    return permit !== undefined;
  }

  /** Channels that were permitted at the opening. */
  get channels(): readonly string[] {
    const named = this.#all.flatMap(({ operation, channel }) => (operation === 'CHANNEL' ? [channel] : []));
    const hasClipboard = this.#find('COPY', '') !== undefined || this.#find('PASTE', '') !== undefined;
    return hasClipboard ? [CLIPBOARD_CHANNEL, ...named] : named;
  }

  /**
   * Asks the policy again (P8): a rule that is gone, a window of time that is over. What is closed once stays closed.
   * @returns what was closed
   */
  recheck(): readonly Feature[] {
    return this.#all.filter((feature) => {
      if (!feature.isOpen) return false;
      const facts = desktopFacts(this.#wish, feature.operation, { channel: feature.channel });
      const { decision } = this.#gate.decide(this.#session.access(facts), undefined, true);
      if (decision.effect === 'permit') return false;
      feature.isOpen = false;
      return true;
    });
  }

  /**
   * Whether a text of the clipboard may pass in which these detectors found something, by the policy of this moment. What is not
   * simply permitted is on file as an exchange of its own, without the text; of a flood, the first of them, and a count at the end.
   * One that passes all the same, because a rule only observes, is on file before it does (P4): then the answer is a promise.
   */
  passes(operation: 'COPY' | 'PASTE', found: readonly string[]): boolean | Promise<boolean> {
    if (found.length === 0) return this.may(operation);
    const access = this.#session.access(desktopFacts(this.#wish, operation, { found }));
    const verdict = this.#gate.decide(access, undefined, true);
    const { decision, shadow } = verdict;
    const isDenied = decision.effect === 'deny';
    const isNoted = isDenied || shadow !== undefined || decision.observed.length > 0;
    const noted = isNoted ? this.#note(access, verdict, { operation, detect: [...found] }) : undefined;
    if (isDenied) return false;
    return noted === undefined ? this.may(operation) : noted.then((isOn) => isOn && this.may(operation));
  }

  /** Whether it is on file; undefined where enough are. Never rejects. */
  #note(access: AccessRequest, verdict: Verdict, request: JsonObject): Promise<boolean> | undefined {
    if (this.#noted >= MOST_NOTED) return undefined;
    this.#noted += 1;
    const session = this.#session;
    session.exchanges += 1;
    if (verdict.decision.effect === 'deny') session.refused += 1;
    const summary = access.facts.statements[0]?.summary ?? '';
    return this.#gate.admit([{ access, verdict, summary, request, writes: false }], session.recording).then(
      ([permit]) => {
        if (permit !== undefined) this.#gate.settle(permit, { status: 'ok', result: {} });
        return true;
      },
      () => {
        // P4: what cannot be put on file does not go on.
        session.end('audit-failed');
        return false;
      },
    );
  }

  /** Puts on file what came of each. @param result of an operation, or of a channel */
  settle(status: 'ok' | 'error' | 'cancelled', result: (feature: Feature) => JsonObject): void {
    for (const feature of this.#all) this.#gate.settle(feature.permit, { status, result: result(feature) });
  }

  #find(operation: DesktopOperation, channel: string): Feature | undefined {
    return this.#all.find((one) => one.operation === operation && one.channel === channel);
  }
}

type Wish = Pick<Feature, 'operation' | 'channel'>;

/** What judging goes by. */
interface Judging {
  readonly wish: DesktopWish;
  readonly session: RdpSession;
  readonly gate: Gate;
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal;
}

function intentOf(
  { operation, channel }: Wish,
  verdict: Verdict,
  { wish, session }: Pick<Judging, 'wish' | 'session'>,
): Intent {
  const access = session.access(desktopFacts(wish, operation, { channel }));
  const summary = access.facts.statements[0]?.summary ?? operation;
  const writes = operation !== 'VIEW' && operation !== 'COPY';
  return { access, verdict, summary, request: requestOf(wish, operation, channel), writes };
}

function wishesOf({ channels }: DesktopWish): readonly Wish[] {
  const wishes: Wish[] = [
    { operation: 'VIEW', channel: '' },
    { operation: 'CONTROL', channel: '' },
  ];
  if (channels.includes(CLIPBOARD_CHANNEL)) {
    wishes.push({ operation: 'COPY', channel: '' }, { operation: 'PASTE', channel: '' });
  }
  const others = [...new Set(channels)].filter((name) => name !== CLIPBOARD_CHANNEL);
  return [...wishes, ...others.map((channel): Wish => ({ operation: 'CHANNEL', channel }))];
}

async function judgeOne(
  { operation, channel }: Wish,
  { wish, session, gate, gone }: Judging,
): Promise<Verdict> {
  const facts = desktopFacts(wish, operation, { channel });
  const access = session.access(facts);
  const text = facts.statements[0]?.summary ?? operation;
  return gate.fulfil({
    access,
    current: () => session.access(facts),
    // A run that asks again and again for a desktop that it may not see is noticed; what is denied beside the view is not asked again.
    verdict: gate.decide(access, operation === 'VIEW' ? text : undefined),
    ask: () => openingAsk(access, text),
    wait: {
      get signal() {
        return AbortSignal.any([gone, session.over]);
      },
    },
  });
}

function requestOf(wish: DesktopWish, operation: DesktopOperation, channel: string): JsonObject {
  const { client, width, height, channels } = wish;
  if (operation === 'VIEW') return { operation, client, width, height, channels: [...channels] };
  return channel === '' ? { operation } : { operation, channel };
}
