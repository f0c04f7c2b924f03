/** One attempt to have the service do what no rule lets it do. */
export interface HttpAttack {
  readonly name: string;
  /** What is sent, given what makes heads with a token: `head(line, ...fields)`. */
  bytes(head: (line: string, ...fields: readonly string[]) => string): string;
  /** What reaches the service: nothing unless said, or the requests that were judged, as `GET /a?b=c`. */
  readonly reaches?: readonly string[];
}

/** A request with one head and nothing behind it. */
export function request(name: string, line: string, ...fields: readonly string[]): HttpAttack {
  return { name, bytes: (head) => head(line, ...fields, 'Connection: close') };
}
