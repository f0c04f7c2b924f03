/** What no two runs have alike, server or gateway: taken out of both sides before they are compared. */

interface Rule {
  readonly why: string;
  readonly pattern: RegExp;
  readonly put: string;
}

/** Each with the reason. None of them removes a line. */
const RULES: readonly Rule[] = [
  {
    why: 'the id of a decision of the gateway is another one each time',
    pattern: /\bdec_[0-9a-f]+_[0-9a-z]+\b/g,
    put: 'dec_N',
  },
  {
    why: 'the id of a session of the gateway is another one each time',
    pattern: /\bses_[0-9a-f]+\b/g,
    put: 'ses_N',
  },
  {
    why: 'the policy of the suite has another hash when a preset changes',
    pattern: /\bpolicy [0-9a-f]{12}\b/g,
    put: 'policy P',
  },
  {
    why: 'the server and the gateway listen on ports of their own',
    pattern: /\b127\.0\.0\.1(:|", port | -p )\d+/g,
    put: '127.0.0.1$1N',
  },
  {
    why: 'uuidv7() holds the time (uuid.sql prints some)',
    pattern: /\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b/g,
    put: 'UUID-7',
  },
];

/** The output of one script as it is compared. */
export function normalise(output: string): string {
  return RULES.reduce((text, { pattern, put }) => text.replaceAll(pattern, put), output);
}
