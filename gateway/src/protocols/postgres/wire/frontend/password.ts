/**
 * The three messages of type `p`: which of them one is, only the server's last Authentication message tells, so the
 * caller picks the decoder. What they carry are secrets: none of it goes into an error.
 */
import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { FrontendType } from './frontend-type.ts';

/** The secret a client sends to a cleartext or MD5 request. */
export interface PasswordMessage {
  readonly password: string;
}

/** A client's choice of SASL mechanism and its first message. */
export interface SaslInitialResponse {
  readonly mechanism: string;
  /** View of the message; undefined if the client sends no initial response. */
  readonly data: Buffer | undefined;
}

/** A later message of a SASL exchange. */
export interface SaslResponse {
  /** View of the message. */
  readonly data: Buffer;
}

const TYPE = FrontendType.Password;
const PASSWORD = { name: 'PasswordMessage', type: TYPE, source: 'downstream' } as const;
const SASL_INITIAL = { name: 'SASLInitialResponse', type: TYPE, source: 'downstream' } as const;
const SASL = { name: 'SASLResponse', type: TYPE, source: 'downstream' } as const;

/** Reads a PasswordMessage (protocol-message-formats, PasswordMessage). Throws WireError. */
export function decodePassword(bytes: Buffer, start: number, end: number): PasswordMessage {
  const reader = openMessage(bytes, { start, end }, PASSWORD);
  const password = reader.cstring();
  reader.finish();
  return { password };
}

/** Writes a PasswordMessage: the password itself, or the digest that answers an MD5 request. */
export function encodePassword(password: string): Buffer {
  return new MessageWriter(TYPE).cstring(password).finish();
}

/** Reads a SASLInitialResponse (protocol-message-formats, SASLInitialResponse). Throws WireError. */
export function decodeSaslInitialResponse(bytes: Buffer, start: number, end: number): SaslInitialResponse {
  const reader = openMessage(bytes, { start, end }, SASL_INITIAL);
  const mechanism = reader.cstring();
  const data = reader.value();
  reader.finish();
  return { mechanism, data };
}

/** Writes a SASLInitialResponse. */
export function encodeSaslInitialResponse(mechanism: string, data: Uint8Array | string | undefined): Buffer {
  return new MessageWriter(TYPE).cstring(mechanism).value(data).finish();
}

/** Reads a SASLResponse (protocol-message-formats, SASLResponse). Throws WireError. */
export function decodeSaslResponse(bytes: Buffer, start: number, end: number): SaslResponse {
  return { data: openMessage(bytes, { start, end }, SASL).rest() };
}

/** Writes a SASLResponse. */
export function encodeSaslResponse(data: Uint8Array | string): Buffer {
  return new MessageWriter(TYPE).raw(data).finish();
}
