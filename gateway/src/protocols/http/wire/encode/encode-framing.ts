import type { BodyFraming } from '../body/framing.ts';
import { misuse } from './head-fields.ts';

/** The field line that frames a body, with its CRLF; empty where none does. */
export function encodeFraming(framing: BodyFraming): string {
  switch (framing.kind) {
    case 'length':
      if (!Number.isSafeInteger(framing.length) || framing.length < 0)
        throw misuse('a length that cannot be');
      return `content-length: ${framing.length}\r\n`;
    case 'chunked':
      return 'transfer-encoding: chunked\r\n';
    case 'none':
    case 'until-close':
    case 'tunnel':
      return '';
  }
}
