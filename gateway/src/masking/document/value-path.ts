import { MaskingError } from '../errors.ts';

type Segment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'any-name' }
  | { readonly kind: 'deep' }
  | { readonly kind: 'index'; readonly index: number | undefined };

/** More steps than this a path may not have: its states are the bits of one number. */
const MOST_SEGMENTS = 24;

/**
 * A path into a document, as an automaton whose states are the bits of a number. It is stepped from value to member.
 *
 * `contact.email` · `cards[*].number` · `items[0]` · `**.ssn` (any depth) · `*.email` (any name) · `"a.b".c` · XML
 * attributes as `customer.@email`. Names are compared without case, and arrays that a path does not mention are
 * passed through: both can only mask more.
 */
export class ValuePath {
  readonly #segments: readonly Segment[];
  readonly #accepting: number;

  /** @throws {MaskingError} `ERR_MASKING_PATH` for a path that cannot be read. */
  constructor(path: string) {
    this.#segments = parse(path);
    this.#accepting = 1 << this.#segments.length;
  }

  /** States at the root. */
  get start(): number {
    return this.#closure(1);
  }

  /** Says whether the value at which these states were reached is meant. */
  accepts(states: number): boolean {
    return (states & this.#accepting) !== 0;
  }

  /** States after a step to the member of this name. */
  intoName(states: number, name: string): number {
    const folded = name.toLowerCase();
    return this.#step(states, (segment) =>
      segment.kind === 'any-name' || (segment.kind === 'name' && segment.name === folded)
        ? 'on'
        : segment.kind === 'deep'
          ? 'stay'
          : 'out',
    );
  }

  /** States after a step to an element of an array. */
  intoElement(states: number, index: number): number {
    return this.#step(states, (segment) =>
      segment.kind === 'index'
        ? segment.index === undefined || segment.index === index
          ? 'on'
          : 'out'
        : 'stay',
    );
  }

  #step(states: number, follow: (segment: Segment) => 'on' | 'stay' | 'out'): number {
    let next = 0;
    for (const [at, segment] of this.#segments.entries()) {
      if ((states & (1 << at)) !== 0) {
        const where = follow(segment);
        next |= where === 'on' ? 1 << (at + 1) : where === 'stay' ? 1 << at : 0;
      }
    }
    return this.#closure(next);
  }

  /** `**` may stand for no step at all. */
  #closure(states: number): number {
    let closed = states;
    for (const [at, segment] of this.#segments.entries()) {
      if (segment.kind === 'deep' && (closed & (1 << at)) !== 0) {
        closed |= 1 << (at + 1);
      }
    }
    return closed;
  }
}

/** One step: a name, quoted or not, `*` or `**`, and indexes behind it. */
const STEP = /(?:"((?:[^"]|"")+)"|(\*\*)|(\*)|([^.[\]"*]+))?((?:\[(?:\*|\d{1,9})\])*)/y;

function parse(path: string): readonly Segment[] {
  const source = path.replace(/^\$\.?/, '');
  const segments: Segment[] = [];
  for (let at = 0; ; at += 1) {
    STEP.lastIndex = at;
    const match = STEP.exec(source);
    if (match === null || match[0] === '') {
      throw unreadable(path);
    }
    segments.push(...segmentsOf(match));
    at = STEP.lastIndex;
    if (at === source.length) {
      break;
    }
    if (source.charAt(at) !== '.') {
      throw unreadable(path);
    }
  }
  if (segments.length > MOST_SEGMENTS || segments.at(-1)?.kind === 'deep') {
    throw unreadable(path);
  }
  return segments;
}

function segmentsOf([, quoted, deep, any, plain, indexes = '']: RegExpExecArray): readonly Segment[] {
  const name = quoted?.replaceAll('""', '"') ?? plain;
  const elements = Array.from(indexes.matchAll(/\[(\*|\d+)\]/g), ([, index]): Segment => {
    return { kind: 'index', index: index === '*' ? undefined : Number(index) };
  });
  if (deep !== undefined) {
    return [{ kind: 'deep' }, ...elements];
  }
  if (any !== undefined) {
    return [{ kind: 'any-name' }, ...elements];
  }
  return name === undefined ? elements : [{ kind: 'name', name: name.toLowerCase() }, ...elements];
}

function unreadable(path: string): MaskingError {
  return new MaskingError(
    'ERR_MASKING_PATH',
    `cannot read the path \`${path.slice(0, 200)}\`; write it as \`contact.email\`, \`cards[*].number\` or \`**.ssn\``,
    { source: 'policy' },
  );
}
