/** The commands of a page, as they are printed. */

/** A shell block of a page. */
export interface DocBlock {
  /** The word behind `sh`, which says whose terminal it is for; empty for the one where most is typed. */
  readonly place: string;
  readonly text: string;
}

/** The `sh` blocks of a Markdown page, in order. */
export function shellBlocks(markdown: string): readonly DocBlock[] {
  return [...markdown.matchAll(/^```sh ?(?<place>\w*)\n(?<text>[^]*?)^```$/gmu)].map(({ groups }) => ({
    place: groups?.['place'] ?? '',
    text: groups?.['text'] ?? '',
  }));
}
