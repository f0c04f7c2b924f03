/** A message that is only its header: five bytes, made anew so that no caller can change another's. */
export function encodeBareMessage(type: number): Buffer {
  return Buffer.from([type, 0, 0, 0, 4]);
}
