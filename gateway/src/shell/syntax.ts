/**
 * Shell text as far as it can be judged and written again: the subset of the grammar of bash that POSIX shells read
 * alike (POSIX.1-2024, XCU 2). Everything else has no form here, so it can be neither permitted nor sent.
 */

/** Commands one after the other. */
export interface Script {
  readonly items: readonly Item[];
}

/** Pipelines joined by `&&` and `||`. */
export interface Item {
  readonly first: Pipeline;
  readonly rest: readonly { readonly operator: '&&' | '||'; readonly pipeline: Pipeline }[];
  readonly isBackground: boolean;
}

export interface Pipeline {
  readonly isNegated: boolean;
  readonly isTimed: boolean;
  readonly stages: readonly Command[];
}

export type Command = SimpleCommand | CompoundCommand;

export interface SimpleCommand {
  readonly kind: 'simple';
  readonly assignments: readonly Assignment[];
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
  /** Where it begins in the text that was read, in UTF-16 units. */
  readonly at: number;
}

/** `NAME=value`, before a command or alone. The value is one word, whatever it expands to. */
export interface Assignment {
  readonly name: string;
  readonly value: Word;
}

export type CompoundCommand = Compound & { readonly redirections: readonly Redirection[] };

type Compound =
  | { readonly kind: 'group' | 'subshell'; readonly body: Script }
  | { readonly kind: 'if'; readonly branches: readonly Branch[]; readonly otherwise: Script | undefined }
  | { readonly kind: 'while' | 'until'; readonly condition: Script; readonly body: Script }
  | {
      readonly kind: 'for';
      readonly name: string;
      readonly words: readonly Word[] | undefined;
      readonly body: Script;
    }
  | { readonly kind: 'case'; readonly word: Word; readonly choices: readonly Choice[] }
  | { readonly kind: 'function'; readonly name: string; readonly body: Command };

export interface Branch {
  readonly condition: Script;
  readonly body: Script;
}

export interface Choice {
  readonly patterns: readonly Word[];
  readonly body: Script;
}

export type Redirection =
  | {
      readonly kind: 'file';
      readonly descriptor: number | undefined;
      readonly operator: FileOperator;
      readonly file: Word;
    }
  /** `2>&1`, `<&-`. */
  | {
      readonly kind: 'duplicate';
      readonly descriptor: number | undefined;
      readonly operator: '<&' | '>&';
      readonly to: string;
    }
  /** A here-document, or a here-string. */
  | { readonly kind: 'document'; readonly descriptor: number | undefined; readonly body: Word };

export type FileOperator = '<' | '>' | '>>' | '<>' | '>|';

/** Parts that stand together; none is the empty word `''`. */
export type Word = readonly WordPart[];

export type WordPart =
  | { readonly kind: 'text'; readonly text: string }
  /** An unquoted `*`, `?` or `[…]`. */
  | { readonly kind: 'glob'; readonly text: string }
  /** An unquoted `~` at the beginning, before `/` or alone. */
  | { readonly kind: 'home' }
  | {
      readonly kind: 'parameter';
      readonly name: string;
      /** What stands behind the name in `${name…}`, `:-word` or `%pattern`, of harmless characters only. */
      readonly operation: string;
      readonly isLength: boolean;
      readonly isQuoted: boolean;
    }
  /** Digits and operators, no names. */
  | { readonly kind: 'arithmetic'; readonly text: string; readonly isQuoted: boolean }
  | { readonly kind: 'substitution'; readonly script: Script; readonly isQuoted: boolean };

/** The text of a word that is nothing but text. */
export function textOf(word: Word): string | undefined {
  let text = '';
  for (const part of word) {
    if (part.kind !== 'text') return undefined;
    text += part.text;
  }
  return text;
}
