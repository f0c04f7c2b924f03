/** A named thing behind the gateway, as policy and audit see it. Its address and secrets are not part of it. */
export interface Resource {
  readonly name: string;
  /** Protocol name, for example `postgres`. */
  readonly protocol: string;
  /** Free labels for rules, for example `{ env: 'prod' }`. */
  readonly labels: Readonly<Record<string, string>>;
  /** `observe` is shadow mode: would-be verdicts are recorded, nothing is refused (design: Policy semantics). */
  readonly mode: 'enforce' | 'observe';
}
