/** Mails that some of their people got and others did not: whom the next attempt is for. Pure. */
import type { Attempt } from '../webhooks/deliver.ts';
import type { MailAttempt } from './smtp-send.ts';

interface Left {
  readonly recipients: readonly string[];
  /** Answers of the server to those who never get it. */
  readonly lost: readonly number[];
}

/** Beyond them the oldest is forgotten: its people get the mail once more. */
const MAX_LEFT = 1_000;

/** Who is left, by notice. */
export class RecipientsLeft {
  readonly #left = new Map<string, Left>();

  /** Whom an attempt is for. */
  of(notice: string, all: readonly string[]): readonly string[] {
    return this.#left.get(notice)?.recipients ?? all;
  }

  /** Takes down what came of an attempt for these; what it means for the notice. */
  after(notice: string, recipients: readonly string[], attempt: MailAttempt): Attempt {
    const lost = this.#left.get(notice)?.lost ?? [];
    if (!attempt.ok) {
      if (!attempt.retry) this.#left.delete(notice);
      return attempt;
    }
    const { refused } = attempt;
    const later = refused.filter(({ retry }) => retry).map(({ address }) => address);
    const never = [...lost, ...refused.filter(({ retry }) => !retry).map(({ code }) => code)];
    this.#left.delete(notice);
    if (later.length > 0) this.#keep(notice, { recipients: later, lost: never });
    if (later.length + never.length === 0) return { ok: true };
    const codes = [...new Set([...lost, ...refused.map(({ code }) => code)])].join(', ');
    const count = later.length + never.length;
    const reason = `it refused ${count} of ${recipients.length + lost.length} addresses: ${codes}`;
    return { ok: false, retry: later.length > 0, reason };
  }

  #keep(notice: string, left: Left): void {
    const [oldest] = this.#left.keys();
    if (this.#left.size >= MAX_LEFT && oldest !== undefined) this.#left.delete(oldest);
    this.#left.set(notice, left);
  }
}
