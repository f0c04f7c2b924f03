import { isJson, type MediaType } from '../../../documents/media-type.ts';

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/** White space, which may stand in front of anything. */
const BLANK = /^[\t\n\r ]*/;
/**
 * What some reader takes for the beginning of JSON: marks and zeros of character sets, comments, a value that is no container, or
 * a container up to what stands behind its first name or value. Readers of streams ignore what comes then, and generous ones take
 * anything inside of quotes, and names without.
 */
const BEGINS_JSON =
  /^(?:[\0\u00ef\u00fe\u00ff"'/#+.0-9tfnNIu-]|\[[\t\n\r [{]*(?:["'/#\]}]|[\w$+.-]+[\t\n\r ]*[,:\]])|\{[\t\n\r ]*(?:["'/#}]|[\w$-]+[\t\n\r ]*:))/;

/**
 * Whether a service that undoes no content codings, as many do not, could read something out of the bytes as they are: then the
 * body says one thing to it and another to who does. Codings have room for any text: names of files, stored blocks, metadata.
 */
export function readsWithoutDecoding(coded: Uint8Array, type: MediaType): boolean {
  if (isJson(type)) return beginsJson(coded);
  if (type.essence === 'application/x-www-form-urlencoded') return hasParameter(coded);
  const boundary = type.parameters.get('boundary');
  return (
    boundary !== undefined &&
    Buffer.from(coded.buffer, coded.byteOffset, coded.length).includes(`--${boundary}`)
  );
}

function beginsJson(coded: Uint8Array): boolean {
  const text = Buffer.from(coded.buffer, coded.byteOffset, coded.length).toString('latin1');
  return BEGINS_JSON.test(text.replace(BLANK, ''));
}

/** Whether something between separators has a name that a parameter could have. */
function hasParameter(coded: Uint8Array): boolean {
  // Of the name that is read: it is not empty, and all of it could be typed.
  let isName = true;
  let length = 0;
  let isBeforeValue = true;
  for (const byte of coded) {
    if (byte === AMPERSAND || byte === SEMICOLON) {
      if (isName && length > 0) return true;
      isName = true;
      length = 0;
      isBeforeValue = true;
    } else if (byte === EQUALS) {
      isBeforeValue = false;
    } else if (isBeforeValue) {
      length += 1;
      isName &&= byte >= FIRST_PRINTABLE && byte <= LAST_PRINTABLE;
    }
  }
  return isName && length > 0;
}
