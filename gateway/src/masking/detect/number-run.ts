const MOST_GROUPS = 48;
/** Groups kept when a longer run is cut, so that a number across the cut is still seen whole. */
const KEPT_GROUPS = 20;

/**
 * A run of digit groups with at most three separators between two of them: `2026-11-26 12`, `4111 1111 1111 1111`.
 * One object is used again and again. Positions are bytes of the scanned text.
 */
export class NumberRun {
  /** Groups in use. */
  count = 0;
  /** Digits of all groups in use. */
  digits = 0;
  readonly starts: Int32Array = new Int32Array(MOST_GROUPS);
  readonly ends: Int32Array = new Int32Array(MOST_GROUPS);

  get isFull(): boolean {
    return this.count === MOST_GROUPS;
  }

  get start(): number {
    return this.starts[0] ?? 0;
  }

  get end(): number {
    return this.count === 0 ? 0 : (this.ends[this.count - 1] ?? 0);
  }

  clear(): void {
    this.count = 0;
    this.digits = 0;
  }

  add(start: number, end: number): void {
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count += 1;
    this.digits += end - start;
  }

  /** Forgets all but the last groups. */
  shift(): void {
    const from = this.count - KEPT_GROUPS;
    this.starts.copyWithin(0, from, this.count);
    this.ends.copyWithin(0, from, this.count);
    this.count = KEPT_GROUPS;
    this.digits = 0;
    for (let group = 0; group < KEPT_GROUPS; group += 1) {
      this.digits += this.length(group);
    }
  }

  /** Digits of one group. */
  length(group: number): number {
    return (this.ends[group] ?? 0) - (this.starts[group] ?? 0);
  }

  startOf(group: number): number {
    return this.starts[group] ?? 0;
  }

  endOf(group: number): number {
    return this.ends[group] ?? 0;
  }

  /** Lengths of the groups `first` to `last` as hexadecimal digits: `3-2-4` is 0x324; 0 when it does not fit in six. */
  grouping(first: number, last: number): number {
    if (last - first > 5) {
      return 0;
    }
    let key = 0;
    for (let group = first; group <= last; group += 1) {
      key = key * 16 + Math.min(this.length(group), 15);
    }
    return key;
  }

  /** The one byte between a group and the next one; 0 where there are several or none. */
  separatorAfter(bytes: Uint8Array, group: number): number {
    const end = this.endOf(group);
    return group + 1 < this.count && this.startOf(group + 1) === end + 1 ? (bytes[end] ?? 0) : 0;
  }

  /** The one separator that stands between all groups of the window; 0 where they differ. */
  uniformSeparator(bytes: Uint8Array, first: number, last: number): number {
    const separator = this.separatorAfter(bytes, first);
    for (let group = first + 1; group < last; group += 1) {
      if (this.separatorAfter(bytes, group) !== separator) {
        return 0;
      }
    }
    return separator;
  }
}
