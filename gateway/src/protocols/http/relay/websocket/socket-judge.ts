/** Decide, fulfil, admit: one message of a WebSocket, and the WebSocket itself again as it goes on. */
import { createHash } from 'node:crypto';
import type { Gate, Verdict } from '../../../../enforcement/gate.ts';
import type { Permit } from '../../../../enforcement/permit.ts';
import type { ApprovalBinding, ApprovalView } from '../../../../model/approval.ts';
import type { Facts } from '../../../../model/facts.ts';
import type { Obligation } from '../../../../model/obligation.ts';
import { HttpError } from '../../errors.ts';
import {
  createMessageFacts,
  type OpenSocket,
  onlyReads,
  type SocketMessage,
} from '../../facts/message-facts.ts';
import { writeTarget } from '../../facts/request-form.ts';
import type { HttpSession } from '../../session.ts';
import { meaningOf, summaryOf } from '../request.ts';

/** What came of judging a message. */
export type JudgedMessage =
  | { readonly permit: Permit; readonly obligations: readonly Obligation[]; readonly facts: Facts }
  | { readonly denied: Verdict; readonly facts: Facts };

/** A message as it is judged. */
export interface Message extends SocketMessage {
  readonly bytes: Buffer;
}

/** The session that a WebSocket belongs to. */
export type SocketSession = Pick<
  HttpSession,
  'access' | 'principal' | 'start' | 'recording' | 'exchanges' | 'refused'
>;

/** What a judge works with. */
export interface SocketJudgeOptions {
  readonly gate: Gate;
  readonly session: SocketSession;
  readonly socket: OpenSocket;
  /** Of the handshake. */
  readonly opening: { readonly facts: Facts; readonly summary: string };
  /** Nobody waits for an answer any more. */
  readonly signal: AbortSignal;
}

/** Judges what goes over one WebSocket. */
export class SocketJudge {
  readonly #options: SocketJudgeOptions;
  readonly #factsOf: (message: Message) => Facts;

  constructor(options: SocketJudgeOptions) {
    this.#options = options;
    this.#factsOf = createMessageFacts(options.socket);
  }

  /** Judges a message and puts it on file. Waits for people where the policy says so; nothing of it is sent meanwhile. */
  async message(message: Message): Promise<JudgedMessage> {
    const { gate, session, signal } = this.#options;
    const facts = this.#factsOf(message);
    const access = session.access(facts);
    const summary = summaryOf(facts);
    const verdict = await gate.fulfil({
      access,
      current: () => session.access(facts),
      verdict: gate.decide(access, this.#asked(message)),
      ask: () => this.#ask(message, summary),
      wait: { signal },
    });
    const { isText, bytes, isComplete } = message;
    const request = {
      text: this.#text(),
      message: isText ? 'text' : 'binary',
      bytes: isComplete ? bytes.length : `more than ${bytes.length}`,
    };
    const intent = { access, verdict, summary, request, writes: !onlyReads(facts) };
    const [permit] = await gate.admit([intent], session.recording);
    session.exchanges += 1;
    if (permit !== undefined && verdict.decision.effect === 'permit') {
      return { permit, obligations: verdict.decision.obligations, facts };
    }
    session.refused += 1;
    return { denied: verdict, facts };
  }

  /** What the policy of this moment says of the WebSocket itself (P8). Counts nothing and asks nobody. */
  again(): Verdict {
    const { gate, session, opening } = this.#options;
    return gate.decide(session.access(opening.facts), undefined, true);
  }

  #text(): string {
    const { path } = this.#options.socket.form;
    return `message to ${path.encoded}`;
  }

  #asked({ isText, bytes }: Message): string {
    return `${this.#text()} ${isText ? 'text' : 'binary'}\n${createHash('sha256').update(bytes).digest('hex')}`;
  }

  #ask(
    { isText, bytes, isComplete }: Message,
    summary: string,
  ): { readonly binding: ApprovalBinding; readonly view: ApprovalView } {
    if (!isComplete) {
      const message =
        'people are asked only for what can be shown whole, and the message is longer than that';
      throw new HttpError('ERR_HTTP_NOT_APPROVABLE', 403, message);
    }
    const { form, protocol } = this.#options.socket;
    const { principal, start } = this.#options.session;
    const { resource, config } = start.configured;
    const { issuer, subject, agent, delegation, run } = principal;
    const type = isText ? 'text message' : 'binary message';
    const settings = { ...meaningOf(form, config), subprotocol: protocol ?? '' };
    return {
      binding: {
        issuer,
        subject,
        agent,
        delegation,
        run,
        resource: resource.name,
        protocol: resource.protocol,
        account: config.account,
        target: form.authority.host,
        text: `WebSocket ${writeTarget(form)}`,
        parameters: [{ type, value: bytes }],
        settings,
        objects: [],
      },
      view: {
        summary,
        text: this.#text(),
        parameters: [{ type, value: shown(bytes, isText), sensitive: false }],
      },
    };
  }
}

/** Longest message that approvers are shown, in bytes. */
const SHOWN_BYTES = 4096;

function shown(bytes: Buffer, isText: boolean): string {
  const text = bytes.toString(isText ? 'utf8' : 'hex', 0, SHOWN_BYTES);
  return bytes.length > SHOWN_BYTES ? `${text}…` : text;
}
