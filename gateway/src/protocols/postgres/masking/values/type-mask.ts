/** Masks of values by type: the same value back where nothing was replaced, undefined for SQL NULL. */
export interface TypeMask {
  text(value: string): string | undefined;
  binary(value: Buffer): Buffer | undefined;
}

/** Always NULL. */
export const NULL_MASK: TypeMask = { text: () => undefined, binary: () => undefined };
