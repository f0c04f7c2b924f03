import { isExecuting, type Operation } from './operation.ts';

/** What was sent and is not answered, in order; bounded by the relay, which stops reading from the client above its limit. */
export class OperationQueue {
  #items: Operation[] = [];
  #head = 0;
  #barriers = 0;
  #executing = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Operations that change what later statements mean. */
  get barriers(): number {
    return this.#barriers;
  }

  /** Operations that carry something out. */
  get executing(): number {
    return this.#executing;
  }

  has(operation: Operation): boolean {
    return this.#items.indexOf(operation, this.#head) >= 0;
  }

  /** Whether the Sync that ends the batch is here. */
  hasSyncOf(batch: number): boolean {
    for (let at = this.#head; at < this.#items.length; at += 1) {
      const item = this.#items[at];
      if (item?.kind === 'sync' && item.batch === batch) return true;
    }
    return false;
  }

  push(operation: Operation): void {
    if (operation.barrier) this.#barriers += 1;
    if (isExecuting(operation.kind)) this.#executing += 1;
    this.#items.push(operation);
  }

  /** Takes what the server skips after an error: everything before the next Sync, or answer of the gateway's own. */
  takeToSync(): readonly Operation[] {
    const taken: Operation[] = [];
    for (let head = this.peek(); head !== undefined && head.kind !== 'sync'; head = this.peek()) {
      if (head.kind === 'local') break;
      taken.push(head);
      this.pop();
    }
    return taken;
  }

  /** The operation whose answer comes next. */
  peek(): Operation | undefined {
    return this.#items[this.#head];
  }

  pop(): Operation | undefined {
    const head = this.#items[this.#head];
    if (head === undefined) return undefined;
    this.#head += 1;
    if (head.barrier) this.#barriers -= 1;
    if (isExecuting(head.kind)) this.#executing -= 1;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return head;
  }
}
