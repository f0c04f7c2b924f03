/** Why something through the gateway may look other than without it, although everything is permitted. */
import type { Difference, ExplainedDifference } from './differences.ts';

/** One reason; `docs/suites.md` is written from these. */
export interface Reason {
  readonly id: string;
  readonly why: string;
  /** A line that only the gateway prints where it is the reason. */
  readonly through: RegExp;
}

const denied = (text: string): RegExp => new RegExp(`POLICY_DENIED \\[dec_N\\] (${text})`);

/** The first that fits is taken. */
export const REASONS: readonly Reason[] = [
  {
    id: 'do-block',
    why: 'DO blocks are code that cannot be analysed, and are refused under every policy',
    through: denied('DO block'),
  },
  {
    id: 'pinned-setting',
    why: '`client_encoding` and `standard_conforming_strings` are pinned: other values would make the gateway and the server read two different statements',
    through: denied('(client_encoding must stay UTF8|standard_conforming_strings must stay on)'),
  },
  {
    id: 'followed-setting',
    why: 'settings on which the meaning of later statements hangs change by a statement of their own, to a value that stands in it',
    through: /may only be set by a statement of its own/,
  },
  {
    id: 'made-in-code',
    why: 'a cursor or prepared statement that no statement of this session made: a function can have made it, so what it reads cannot be analysed',
    through: denied(
      'reads a cursor that was not opened in this session|EXECUTE of the unknown prepared statement',
    ),
  },
  {
    id: 'repeated',
    why: 'a statement that was refused before is refused in other words the third time',
    through: denied('the same again'),
  },
  {
    id: 'startup-parameter',
    why: 'search_path is pinned at the start; a client sets it by SET, if the policy allows it',
    through: /search_path cannot be set in the startup packet/,
  },
  {
    id: 'application-name',
    why: 'application_name begins with the id of the session, so that a DBA finds whose it is',
    through: /sallyport\/ses_N/,
  },
  {
    id: 'server-gone',
    why: 'where the server ends a connection without a word, the gateway says so before it ends its own (18.4, which runs here, crashes at two statements of the suite, which is of 18.6)',
    through: /^FATAL: {2}the database server closed the connection$/,
  },
  {
    id: 'follows',
    why: 'follows from a refusal before, in the same script or in one that it builds on: what was refused has made or printed nothing',
    // Never found by a line: see `explain`.
    through: /(?!)/,
  },
];

/** What no reason fits. */
export const UNEXPLAINED = 'unexplained';

const REFUSAL = /POLICY_DENIED/;

/**
 * Gives each difference its reason. What differs behind a refusal follows from it, unless a reason of its own fits.
 * @param known what cannot be seen in the lines: the reason of all of them, or that they are behind a refusal in another script
 */
export function explain(
  differences: readonly Difference[],
  known: { readonly wholly?: string | undefined; readonly isBehind?: boolean } = {},
): readonly ExplainedDifference[] {
  const { wholly } = known;
  if (wholly !== undefined) return differences.map((difference) => ({ ...difference, reason: wholly }));
  let isBehind = known.isBehind === true;
  return differences.map((difference) => {
    const own = REASONS.find(({ through }) => difference.through.some((line) => through.test(line)));
    const isRefused = difference.through.some((line) => REFUSAL.test(line));
    const follows = isBehind && !isRefused ? 'follows' : UNEXPLAINED;
    isBehind ||= own !== undefined;
    return { ...difference, reason: own?.id ?? follows };
  });
}
