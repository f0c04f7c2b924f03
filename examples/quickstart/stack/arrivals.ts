/** What reached PostgreSQL, the service and the machine, from their own logs. */

const WIDTH = 70;

/** A statement as the server logged it, with its values in the server's own form. */
export interface Arrival {
  readonly text: string;
  readonly values?: string;
}

/** The gateway's look-ups of the catalog qualify every name and operator; nobody writes so by hand. */
const OF_THE_GATEWAY = /OPERATOR\(pg_catalog\./u;

/** The gateway's question how many rows a statement would change that waits for people: in a transaction that reads. */
const PREVIEW = /^EXPLAIN \(FORMAT JSON\) /u;
const AROUND_A_PREVIEW = /^(?:BEGIN READ ONLY|SET LOCAL statement_timeout = .*|ROLLBACK)$/u;

/** A log without what the gateway asked for approvers. */
export function withoutPreviews(log: string): string {
  return log.replaceAll(/^.*\] LOG: {2}(?:statement|execute [^:]*): EXPLAIN \(FORMAT JSON\) .*$/gmu, '');
}

/** The statements in a log written with `log_statement = all`, without the gateway's own look-ups at the login. */
export function arrivalsIn(log: string): readonly Arrival[] {
  const arrivals: Arrival[] = [];
  for (const entry of log.split(/^(?=\d{4}-\d\d-\d\d )/mu)) {
    const text = /\] LOG: {2}(?:statement|execute [^:]*): (?<text>[^]*)$/u.exec(entry)?.groups?.['text'];
    if (text !== undefined) {
      arrivals.push({ text: text.replaceAll(/\s+/gu, ' ').trim() });
      continue;
    }
    const values = /\] DETAIL: {2}Parameters: (?<values>.*)$/mu.exec(entry)?.groups?.['values'];
    const last = arrivals.at(-1);
    if (values !== undefined && last !== undefined) arrivals.splice(-1, 1, { ...last, values });
  }
  const isPreviewed = arrivals.some(({ text }) => PREVIEW.test(text));
  return arrivals.filter(
    ({ text }) => !OF_THE_GATEWAY.test(text) && !(isPreviewed && AROUND_A_PREVIEW.test(text)),
  );
}

/** The list for people. */
export function describeArrivals(arrivals: readonly Arrival[]): string {
  const lines = arrivals.map(
    ({ text, values }) =>
      `  ${shortened(text)}${values === undefined ? '' : `     ${values}`}${PREVIEW.test(text) ? '     (the gateway, for who approves)' : ''}`,
  );
  return ["PostgreSQL's own log has all that reached it from the agent:", ...lines].join('\n');
}

/** The same of the service: requests with the gateway's credential. */
export function describeRequests(requests: readonly string[]): string {
  return [
    'The service has received from the gateway:',
    ...requests.map((text) => `  ${shortened(text)}`),
  ].join('\n');
}

/** The same of the machine: commands in the gateway's own form. */
export function describeCommands(commands: readonly string[]): string {
  return ['The machine has run for the gateway:', ...commands.map((text) => `  ${shortened(text)}`)].join(
    '\n',
  );
}

function shortened(text: string): string {
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text;
}
