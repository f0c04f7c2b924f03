import { nextToken, type Token } from './lexical-scan.ts';

/** What is refused before the parser sees it: the grammar runs on fixed stacks. */
export interface TextLimits {
  /** UTF-8 bytes. */
  readonly maxBytes: number;
  /** Tokens, a bound on the size of the tree and so on the time taken. */
  readonly maxTokens: number;
  /** Semicolons: each statement is walked, described and decided by itself. */
  readonly maxStatements: number;
  /** Brackets and CASE inside each other. */
  readonly maxDepth: number;
  /** Operators, joins and set operations that nest without brackets, over all open brackets. */
  readonly maxChain: number;
}

/** Generous for people and query builders, far below what overflows the parser or this walker. */
export const DEFAULT_LIMITS: TextLimits = {
  maxBytes: 1 << 20,
  maxTokens: 100_000,
  maxStatements: 1_000,
  maxDepth: 200,
  maxChain: 1_000,
};

/** `UPDATE … SET (a, b, …) = (SELECT …)` repeats the source for each column in the tree: bytes times columns. */
const MAX_REPEATED_BYTES = 16 << 20;

/** Looks at the text in one pass. Gives the reason to refuse it, or whether there is anything in it at all. */
export function checkText(text: string, limits: TextLimits): { refusal: string } | { empty: boolean } {
  if (text.includes('\0')) return { refusal: 'the text contains a NUL character' };
  if (!text.isWellFormed()) return { refusal: 'the text is not well-formed Unicode' };
  if (Buffer.byteLength(text) > limits.maxBytes)
    return { refusal: `the text is longer than ${limits.maxBytes} bytes` };
  const isShort = isWithinAll(text.length, limits);
  const shape = new Shape(text);
  let tokens = 0;
  let statements = 0;
  let empty = true;
  for (let token = nextToken(text, 0); token !== undefined; token = nextToken(text, token.end)) {
    tokens++;
    if (token.kind === 'semicolon') statements++;
    else empty = false;
    if (isShort && !empty) break;
    shape.take(token);
    if (tokens > limits.maxTokens) return { refusal: `the text has more than ${limits.maxTokens} tokens` };
    if (statements > limits.maxStatements)
      return { refusal: `the text has more than ${limits.maxStatements} statements; send them one by one` };
    if (shape.depth > limits.maxDepth)
      return { refusal: `brackets are nested deeper than ${limits.maxDepth}` };
    if (shape.chain > limits.maxChain)
      return { refusal: `more than ${limits.maxChain} operators are chained` };
    if (shape.repeatedBytes > MAX_REPEATED_BYTES)
      return { refusal: 'too many columns are assigned from one long row' };
  }
  return { empty };
}

/** Whether no text of that length can go past a limit, whatever is in it: what each counts is made of characters. */
function isWithinAll(length: number, limits: TextLimits): boolean {
  const { maxTokens, maxStatements, maxDepth, maxChain } = limits;
  // A character may count for a chain as one that is open, as one inside, and as a bracket.
  const isShallow = length <= maxDepth && 3 * length <= maxChain;
  return isShallow && length <= maxTokens && length <= maxStatements && length ** 2 <= MAX_REPEATED_BYTES;
}

/** Operators written as words. */
const WORD_OPERATORS: ReadonlySet<string> = new Set(
  'not is isnull notnull like ilike similar between in collate at escape uescape operator overlaps'.split(
    ' ',
  ),
);
/** These nest to the left whatever stands between them. */
const JOINERS: ReadonlySet<string> = new Set(['join', 'union', 'intersect', 'except']);

interface Level {
  readonly opener: 'bracket' | 'case' | 'text';
  /** Operators since the last comma, AND or OR: those flatten what stands between them. */
  operators: number;
  joiners: number;
  commas: number;
  /** Depth of the deepest closed bracket since then: operators after it nest above it. */
  inside: number;
  /** Depth of the deepest part before it. */
  before: number;
}

/** Bracket depth and chain length of the tokens so far; an upper bound on the depth of the tree. */
class Shape {
  readonly #text: string;
  #levels: Level[] = [level('text')];
  #closed: { readonly end: number; readonly commas: number } | undefined;
  /** Operators and joiners of all open levels. */
  #open = 0;
  repeatedBytes = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get depth(): number {
    return this.#levels.length - 1;
  }

  /** Depth of the tree so far, counted in nested operators and brackets. */
  get chain(): number {
    const top = this.#top;
    return this.#open + this.depth + Math.max(top.inside, top.before - top.operators);
  }

  take(token: Token): void {
    const closed = this.#closed;
    this.#closed = undefined;
    switch (token.kind) {
      case 'open':
        this.#levels.push(level('bracket'));
        return;
      case 'close':
        this.#close(token);
        return;
      case 'semicolon':
        if (this.depth === 0) this.#reset();
        return;
      case 'comma':
        this.#comma();
        return;
      case 'operator':
        if (closed !== undefined && this.#text[token.start] === '=')
          this.repeatedBytes += closed.commas * (this.#text.length - token.end);
        this.#operator();
        return;
      case 'word':
        this.#word(this.#text.slice(token.start, token.end).toLowerCase());
        return;
      default:
        return;
    }
  }

  get #top(): Level {
    return this.#levels.at(-1) ?? level('text');
  }

  #operator(): void {
    this.#top.operators++;
    this.#open++;
  }

  #flatten(): void {
    const top = this.#top;
    top.before = Math.max(top.before, top.operators + top.inside);
    top.inside = 0;
    this.#open -= top.operators;
    top.operators = 0;
  }

  #comma(): void {
    this.#top.commas++;
    this.#flatten();
  }

  #word(word: string): void {
    if (word === 'and' || word === 'or') this.#flatten();
    else if (WORD_OPERATORS.has(word)) this.#operator();
    else if (JOINERS.has(word)) {
      this.#top.joiners++;
      this.#open++;
    } else if (word === 'case') this.#levels.push(level('case'));
    else if (word === 'end' && this.#top.opener === 'case') this.#pop();
  }

  #pop(): Level | undefined {
    const popped = this.#levels.pop();
    if (popped === undefined) return undefined;
    this.#open -= popped.operators + popped.joiners;
    const depth = 1 + popped.joiners + Math.max(popped.before, popped.operators + popped.inside);
    this.#top.inside = Math.max(this.#top.inside, depth);
    return popped;
  }

  #close(token: Token): void {
    if (!this.#levels.some((open) => open.opener === 'bracket')) return;
    let popped = this.#pop();
    while (popped !== undefined && popped.opener !== 'bracket') popped = this.#pop();
    if (popped !== undefined) this.#closed = { end: token.end, commas: popped.commas };
  }

  #reset(): void {
    this.#levels = [level('text')];
    this.#open = 0;
  }
}

function level(opener: Level['opener']): Level {
  return { opener, operators: 0, joiners: 0, commas: 0, inside: 0, before: 0 };
}
