/** Connect-Initial and Connect-Response of MCS (T.125 section 7, in BER), which carry the conference of GCC. */
import { BER, openBer, readBerInteger, readBerLength, writeBer, writeBerInteger } from '../ber.ts';
import { ByteReader } from '../byte-reader.ts';
import type { RdpWireSource } from '../errors.ts';
import { readDataHeader, writeDataTpkt } from '../tpkt.ts';

/** Numbers of a domain (T.125 section 7, DomainParameters), in their order. */
export type DomainParameters = readonly number[];

/** What a server answers; `result` 0 is success. */
export interface ConnectResponse {
  readonly result: number;
  /** The conference, by GCC. */
  readonly userData: Buffer;
}

/** First byte of the tags APPLICATION 101 and 102, and their second bytes. */
const APPLICATION = 0x7f;
const CONNECT_INITIAL = 0x65;
const CONNECT_RESPONSE = 0x66;
const PARAMETERS = 8;

const DOMAIN: DomainParameters = [34, 3, 0, 1, 0, 1, 65_528, 2];
const LEAST_DOMAIN: DomainParameters = [1, 1, 1, 1, 0, 1, 1056, 2];
const MOST_DOMAIN: DomainParameters = [65_535, 64_535, 65_535, 1, 0, 1, 65_528, 2];

/** Reads a Connect-Initial: the conference in it. @throws RdpWireError */
export function readConnectInitial(packet: Buffer): Buffer {
  const body = open(packet, 'Connect-Initial', CONNECT_INITIAL, 'downstream');
  openBer(body, BER.OCTET_STRING, 'the calling domain');
  openBer(body, BER.OCTET_STRING, 'the called domain');
  const upward = openBer(body, BER.BOOLEAN, 'the upward flag');
  upward.uint8();
  upward.end();
  for (const which of ['target', 'minimum', 'maximum']) readParameters(body, `the ${which} parameters`);
  const userData = openBer(body, BER.OCTET_STRING, 'the user data').rest();
  body.end();
  return userData;
}

/** Reads a Connect-Response. @throws RdpWireError */
export function readConnectResponse(packet: Buffer): ConnectResponse {
  const body = open(packet, 'Connect-Response', CONNECT_RESPONSE, 'upstream');
  const result = readBerInteger(body, 'the result', BER.ENUMERATED);
  readBerInteger(body, 'the connect id');
  readParameters(body, 'the parameters');
  const userData = openBer(body, BER.OCTET_STRING, 'the user data').rest();
  body.end();
  return { result, userData };
}

function open(packet: Buffer, what: string, tag: number, source: RdpWireSource): ByteReader {
  const reader = new ByteReader(packet, what, source);
  readDataHeader(reader);
  reader.expect(APPLICATION, 'the tag');
  reader.expect(tag, 'the tag');
  const body = reader.part(readBerLength(reader), what);
  reader.end();
  return body;
}

function readParameters(reader: ByteReader, what: string): void {
  const sequence = openBer(reader, BER.SEQUENCE, what);
  for (let index = 0; index < PARAMETERS; index += 1) readBerInteger(sequence, what);
  sequence.end();
}

/** A Connect-Initial of the gateway's own, with this conference. */
export function writeConnectInitial(userData: Buffer): Buffer {
  const domain = writeBer([BER.OCTET_STRING], [Buffer.from([1])]);
  const upward = writeBer([BER.BOOLEAN], [Buffer.from([0xff])]);
  const content = [domain, domain, upward];
  for (const parameters of [DOMAIN, LEAST_DOMAIN, MOST_DOMAIN]) content.push(writeParameters(parameters));
  content.push(writeBer([BER.OCTET_STRING], [userData]));
  return writeDataTpkt([writeBer([APPLICATION, CONNECT_INITIAL], content)]);
}

/** A Connect-Response of success, with this conference. */
export function writeConnectResponse(userData: Buffer): Buffer {
  const content = [
    writeBerInteger(0, BER.ENUMERATED),
    writeBerInteger(0),
    writeParameters(DOMAIN),
    writeBer([BER.OCTET_STRING], [userData]),
  ];
  return writeDataTpkt([writeBer([APPLICATION, CONNECT_RESPONSE], content)]);
}

function writeParameters(parameters: DomainParameters): Buffer {
  return writeBer(
    [BER.SEQUENCE],
    parameters.map((value) => writeBerInteger(value)),
  );
}
