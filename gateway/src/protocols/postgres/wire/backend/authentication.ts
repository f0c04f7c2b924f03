import { WireError } from '../errors.ts';
import { type MessageReader, openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { BackendType } from './backend-type.ts';

/** What a server asks of a client that wants to log in, or that it is satisfied. Buffers are views of the message. */
export type Authentication =
  | { readonly kind: 'ok' }
  | { readonly kind: 'kerberosV5' }
  | { readonly kind: 'cleartextPassword' }
  | { readonly kind: 'md5Password'; readonly salt: Buffer }
  | { readonly kind: 'scmCredential' }
  | { readonly kind: 'gss' }
  | { readonly kind: 'gssContinue'; readonly data: Buffer }
  | { readonly kind: 'sspi' }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'saslContinue'; readonly data: Buffer }
  | { readonly kind: 'saslFinal'; readonly data: Buffer };

const FORM = { name: 'Authentication', type: BackendType.Authentication, source: 'upstream' } as const;
const MD5_SALT_BYTES = 4;
/** A server offers a handful; the cap keeps a hostile one from making millions of strings out of one message. */
const MAX_MECHANISMS = 64;

const OK = 0;
const CLEARTEXT_PASSWORD = 3;
const SASL = 10;
const SASL_CONTINUE = 11;
const SASL_FINAL = 12;

type Read = (reader: MessageReader) => Authentication;

const READERS: ReadonlyMap<number, Read> = new Map<number, Read>([
  [OK, () => ({ kind: 'ok' })],
  [2, () => ({ kind: 'kerberosV5' })],
  [CLEARTEXT_PASSWORD, () => ({ kind: 'cleartextPassword' })],
  [5, (reader) => ({ kind: 'md5Password', salt: reader.take(MD5_SALT_BYTES) })],
  [6, () => ({ kind: 'scmCredential' })],
  [7, () => ({ kind: 'gss' })],
  [8, (reader) => ({ kind: 'gssContinue', data: reader.rest() })],
  [9, () => ({ kind: 'sspi' })],
  [SASL, (reader) => ({ kind: 'sasl', mechanisms: readMechanisms(reader) })],
  [SASL_CONTINUE, (reader) => ({ kind: 'saslContinue', data: reader.rest() })],
  [SASL_FINAL, (reader) => ({ kind: 'saslFinal', data: reader.rest() })],
]);

/** Reads any Authentication message (protocol-message-formats, Authentication…). Throws WireError, also on an unknown kind. */
export function decodeAuthentication(bytes: Buffer, start: number, end: number): Authentication {
  const reader = openMessage(bytes, { start, end }, FORM);
  const code = reader.int32();
  const read = READERS.get(code);
  if (read === undefined) throw reader.error('ERR_WIRE_VALUE', `asks for an unknown method ${code}`);
  const authentication = read(reader);
  reader.finish();
  return authentication;
}

/** Names until an empty one. */
function readMechanisms(reader: MessageReader): readonly string[] {
  const mechanisms: string[] = [];
  for (let name = reader.cstring(); name !== ''; name = reader.cstring()) {
    if (mechanisms.length === MAX_MECHANISMS) {
      throw reader.error('ERR_WIRE_TOO_LONG', `offers more than ${MAX_MECHANISMS} mechanisms`);
    }
    mechanisms.push(name);
  }
  return mechanisms;
}

/** Writes AuthenticationOk. */
export function encodeAuthenticationOk(): Buffer {
  return new MessageWriter(FORM.type).int32(OK).finish();
}

/** Writes AuthenticationCleartextPassword; only ever sent inside TLS. */
export function encodeAuthenticationCleartextPassword(): Buffer {
  return new MessageWriter(FORM.type).int32(CLEARTEXT_PASSWORD).finish();
}

/** Writes AuthenticationSASL with the mechanisms in order of preference. */
export function encodeAuthenticationSasl(mechanisms: readonly string[]): Buffer {
  const writer = new MessageWriter(FORM.type).int32(SASL);
  for (const mechanism of mechanisms) {
    if (mechanism === '') {
      throw new WireError('ERR_WIRE_VALUE', 'a SASL mechanism needs a name', {
        source: 'internal',
        offset: 0,
      });
    }
    writer.cstring(mechanism);
  }
  return writer.uint8(0).finish();
}

/** Writes AuthenticationSASLContinue. */
export function encodeAuthenticationSaslContinue(data: Uint8Array | string): Buffer {
  return new MessageWriter(FORM.type).int32(SASL_CONTINUE).raw(data).finish();
}

/** Writes AuthenticationSASLFinal. */
export function encodeAuthenticationSaslFinal(data: Uint8Array | string): Buffer {
  return new MessageWriter(FORM.type).int32(SASL_FINAL).raw(data).finish();
}
