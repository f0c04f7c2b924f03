/** Looks for secrets in a stream of bytes, also where two chunks meet. */

/** A watch; `look` takes chunks in their order. */
export interface SecretWatch {
  look(chunk: Buffer): void;
  /** Those that were seen. */
  readonly seen: ReadonlySet<string>;
}

/** Watches for these. */
export function watchFor(secrets: readonly string[]): SecretWatch {
  const overlap = Math.max(...secrets.map((secret) => Buffer.byteLength(secret))) - 1;
  const seen = new Set<string>();
  let tail: Buffer = Buffer.alloc(0);
  const search = (bytes: Buffer): void => {
    for (const secret of secrets) if (bytes.includes(secret)) seen.add(secret);
  };
  return {
    look(chunk) {
      search(Buffer.concat([tail, chunk.subarray(0, overlap)]));
      search(chunk);
      tail = Buffer.concat([tail, chunk]).subarray(-overlap);
    },
    seen,
  };
}
