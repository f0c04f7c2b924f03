const NOUNS: Readonly<Record<string, string>> = { sql: 'statement', shell: 'command' };

/** What a model calls that which it sent, by its rule family; a request where the family has no word of its own. */
export function nounOf(family: string): string {
  return NOUNS[family] ?? 'request';
}
