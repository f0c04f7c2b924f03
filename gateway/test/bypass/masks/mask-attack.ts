/** Attacks on masks: what is sent, and what must come of it. */
import type { Answer } from '../../support/raw-answer.ts';
import { bind, describeOf, execute, extended, parse, query, sync } from '../messages.ts';
import { CANARY, SALARY, TOKEN } from './masked-people.ts';

/** What an attack must come to; whatever it is, no masked value is anywhere in what came back. */
export type Outcome =
  /** The gateway refuses a step, because of a mask. */
  | 'denied'
  /** Everything is answered, and what stands for the values is in the answers. */
  | 'masked'
  /** Everything is answered, and nothing of it is a masked value. */
  | 'harmless'
  /** The server refuses a step: its SQLSTATE. */
  | { readonly error: string };

/** One attack on one session of its own. */
export interface MaskAttack {
  readonly name: string;
  readonly outcome: Outcome;
  /** Each is sent when the one before is answered. A text is a simple query. */
  readonly steps: readonly (string | Buffer)[];
  /** What undoes it, as the superuser. */
  readonly undo?: string;
  /** A word of the denial, where it is not about a mask: it is refused for another reason before. */
  readonly because?: string;
  /** Why it tells nothing when it is sent to the server itself: the gateway has to answer it well all the same, and it is no attack. */
  readonly harmless?: string;
  /** It is another attack once more, by other messages. */
  readonly isRepeated?: true;
}

/** The same statement by simple query, by unnamed and by named statement, and described before it is bound. */
export function statements(
  outcome: Outcome,
  texts: readonly string[],
  harmless?: string,
): readonly MaskAttack[] {
  return deliveries(outcome, texts).map((one) => (harmless === undefined ? one : { ...one, harmless }));
}

function deliveries(outcome: Outcome, texts: readonly string[]): readonly MaskAttack[] {
  return texts.flatMap((text) => [
    { name: text, outcome, steps: [text] },
    {
      name: `extended: ${text}`,
      outcome,
      isRepeated: true,
      steps: [Buffer.concat([extended(text), sync()])],
    },
    {
      name: `named and described: ${text}`,
      outcome,
      isRepeated: true,
      steps: [
        Buffer.concat([parse(text, 's'), describeOf('statement', 's'), sync()]),
        Buffer.concat([bind('s', 'p'), describeOf('portal', 'p'), execute('p'), sync()]),
      ],
    },
  ]);
}

/** The bytes of a step. */
export function bytesOf(step: string | Buffer): Buffer {
  return typeof step === 'string' ? query(step) : step;
}

const salary = Buffer.alloc(4);
salary.writeInt32BE(SALARY);

/** Every form in which a masked value could leave: as it is, changed in its letters, and encoded. */
const FORMS: readonly Buffer[] = [
  ...[CANARY, CANARY.toUpperCase(), [...CANARY].reverse().join('')].map((text) => Buffer.from(text)),
  ...[CANARY, CANARY.toUpperCase()].map((text) => Buffer.from(Buffer.from(text).toString('hex'))),
  // Base64 of it at each of the three places in a group, without the letters that its neighbours have a part in.
  ...['', ' ', '  '].map((before) => {
    const encoded = Buffer.from(`${before}${CANARY}`).toString('base64');
    return Buffer.from(encoded.slice(before.length === 0 ? 0 : 4, -4));
  }),
  Buffer.from(String(SALARY)),
  salary,
  Buffer.from(TOKEN),
  Buffer.from(TOKEN.replaceAll('-', '')),
  Buffer.from(TOKEN.replaceAll('-', ''), 'hex'),
];

/** What of the masked values is in these bytes. */
export function leaks(bytes: Buffer): readonly string[] {
  return FORMS.filter((form) => bytes.includes(form)).map((form) => form.toString('latin1'));
}

/** What stands for masked values. */
export function hasMasks({ bytes, rows }: Answer): boolean {
  return bytes.includes('[redacted]') || bytes.includes('[email]') || rows.some((row) => row.includes(null));
}
