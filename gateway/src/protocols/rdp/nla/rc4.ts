/** RC4, in which NTLM seals (MS-NLMP 3.4.3). OpenSSL 3 has it in its legacy provider only, which Node does not load. */

/** One key stream. What it gives depends on everything that it gave before. */
export class Rc4 {
  readonly #state = new Uint8Array(256);
  #i = 0;
  #j = 0;

  /** @param key 1 to 256 bytes */
  constructor(key: Uint8Array) {
    const state = this.#state;
    for (let index = 0; index < 256; index += 1) state[index] = index;
    let j = 0;
    for (let index = 0; index < 256; index += 1) {
      j = (j + at(state, index) + at(key, index % key.length)) & 255;
      swap(state, index, j);
    }
  }

  /** Encrypts or decrypts: the same. */
  apply(bytes: Uint8Array): Buffer {
    const state = this.#state;
    const output = Buffer.alloc(bytes.length);
    for (let index = 0; index < bytes.length; index += 1) {
      this.#i = (this.#i + 1) & 255;
      this.#j = (this.#j + at(state, this.#i)) & 255;
      swap(state, this.#i, this.#j);
      output[index] = at(bytes, index) ^ at(state, (at(state, this.#i) + at(state, this.#j)) & 255);
    }
    return output;
  }

  /** Forgets the key. */
  wipe(): void {
    this.#state.fill(0);
  }
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

function swap(bytes: Uint8Array, left: number, right: number): void {
  const kept = at(bytes, left);
  bytes[left] = at(bytes, right);
  bytes[right] = kept;
}
