/** What came back, whatever the tool: a result, the gateway's refusal, a request that waits for people, or another error. */

/** Rows of a statement that was let through. */
export interface Rows {
  readonly kind: 'permitted';
  readonly tool: 'sql';
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number;
}

/** The service's answer to a request that was let through. */
export interface ServiceAnswer {
  readonly kind: 'permitted';
  readonly tool: 'http';
  readonly status: number;
  /** Undefined where there was no body. */
  readonly json: unknown;
}

/** What a command wrote that was let through, and that ended well. */
export interface CommandOutput {
  readonly kind: 'permitted';
  readonly tool: 'ssh';
  readonly stdout: string;
}

/** The gateway said no, with a message that begins with `POLICY_DENIED`. */
export interface Refused {
  readonly kind: 'refused';
  readonly message: string;
  /** The rule's own words and the alternatives: what a model can act on. */
  readonly advice: string;
}

/** People have to agree first: a message that begins with `APPROVAL_PENDING`. */
export interface Pending {
  readonly kind: 'pending';
  readonly message: string;
  /** The request that they see, `apr_…`. */
  readonly approval: string;
}

/** Anything else, also a refusal of the resource itself: then the request reached it, which must not happen. */
export interface Failed {
  readonly kind: 'failed';
  readonly message: string;
}

/** One of them. */
export type Reply = Rows | ServiceAnswer | CommandOutput | Refused | Pending | Failed;

/** Reads the gateway's own words, which are the same for every protocol; undefined where they are somebody else's. */
export function readDenial(message: string): Refused | undefined {
  const match = /^POLICY_DENIED \[[^\]]+\] [^:]*: (?<reason>[^.]*)\. ?(?<rest>.*)$/u.exec(message);
  if (match?.groups === undefined) return undefined;
  const { reason = '', rest = '' } = match.groups;
  return { kind: 'refused', message, advice: adviceIn(rest) ?? reason };
}

/** Reads that people were asked. */
export function readPending(message: string): Pending | undefined {
  const approval = /^APPROVAL_PENDING \[(?<id>apr_[\w-]+)\]/u.exec(message)?.groups?.['id'];
  return approval === undefined ? undefined : { kind: 'pending', message, approval };
}

/** The rule's own words; where it has none, the alternatives. */
function adviceIn(text: string): string | undefined {
  const sentences = text
    .replace(/Do not retry this (?:statement|request|command)\./u, '')
    .replace(/Request access: .*$/u, '')
    .replaceAll(/\s+/gu, ' ');
  const [words = '', alternatives = ''] = sentences.split('Allowed instead:');
  return [words.trim(), alternatives.trim() && `Allowed instead: ${alternatives.trim()}`].find(
    (part) => part !== '',
  );
}
