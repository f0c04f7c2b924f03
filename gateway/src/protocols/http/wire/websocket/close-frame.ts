import { Utf8Validator } from './utf8-validator.ts';

/** What a close frame says. */
export interface CloseStatus {
  /** Undefined where the frame is empty. */
  readonly code: number | undefined;
  readonly reason: string;
}

const CODE_BYTES = 2;

/** Whether a close frame may hold this code (RFC 6455 section 7.4 and the registry: 1004 to 1006 and 1015 are never sent). */
export function isSendableCode(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

/** Reads the payload of a close frame; what is wrong with it where something is. */
export function parseClose(payload: Buffer): CloseStatus | { readonly problem: 'code' | 'text' } {
  if (payload.length === 0) return { code: undefined, reason: '' };
  if (payload.length < CODE_BYTES || !isSendableCode(payload.readUInt16BE(0))) return { problem: 'code' };
  const validator = new Utf8Validator();
  const isText = validator.accepts(payload, CODE_BYTES, payload.length) && validator.isComplete;
  if (!isText) return { problem: 'text' };
  return { code: payload.readUInt16BE(0), reason: payload.toString('utf8', CODE_BYTES) };
}
