/** Conference create request and response of GCC (T.124 section 8.7, in PER): the frame around the blocks of settings. */
import { ByteReader } from '../byte-reader.ts';
import { readPerLength, writePerLength } from '../per.ts';

/** The key of T.124, as object identifier {itu-t recommendation t 124 version(0) 1}. */
const KEY = [0x00, 0x05, 0x00, 0x14, 0x7c, 0x00, 0x01];
/** Choice conferenceCreateRequest; user data is there; the name `1`; one set of data, with a key of four bytes. */
const REQUEST = [0x00, 0x08, 0x00, 0x10, 0x00, 0x01, 0xc0, 0x00];
const CLIENT_KEY = [...Buffer.from('Duca')];
const SERVER_KEY = [...Buffer.from('McDn')];
/** Choice conferenceCreateResponse, with user data. */
const RESPONSE = 0x14;
/** Node 31219 of [MS-RDPBCGR] 2.2.1.4, tag 1, success, one set of data with a key of four bytes. */
const RESPONSE_FIELDS = [RESPONSE, 0x76, 0x0a, 0x01, 0x01, 0x00, 0x01, 0xc0, 0x00];

/** The blocks in a request. @throws RdpWireError */
export function readConferenceRequest(userData: Buffer): Buffer {
  const reader = new ByteReader(userData, 'conference request', 'downstream');
  expectAll(reader, KEY, 'the key');
  const length = readPerLength(reader);
  if (length !== reader.left) throw reader.error('ERR_RDP_LENGTH', `a message of ${length} bytes`);
  expectAll(reader, REQUEST, 'the request');
  expectAll(reader, CLIENT_KEY, 'the key of the client');
  return readBlocks(reader);
}

/** The blocks in a response. @throws RdpWireError where it is none of success */
export function readConferenceResponse(userData: Buffer): Buffer {
  const reader = new ByteReader(userData, 'conference response', 'upstream');
  expectAll(reader, KEY, 'the key');
  // To be ignored by [MS-RDPBCGR] 4.1.4: servers write 42 here, whatever follows.
  readPerLength(reader);
  reader.expect(RESPONSE, 'the choice');
  reader.uint16be();
  reader.bytes(reader.uint8());
  const result = reader.uint8();
  if (result !== 0) throw reader.error('ERR_RDP_VALUE', `result ${result} of the conference`);
  expectAll(reader, [0x01, 0xc0, 0x00], 'the set of data');
  expectAll(reader, SERVER_KEY, 'the key of the server');
  return readBlocks(reader);
}

function readBlocks(reader: ByteReader): Buffer {
  const length = readPerLength(reader);
  if (length !== reader.left)
    throw reader.error('ERR_RDP_LENGTH', `${reader.left} bytes of blocks, ${length} by their length`);
  return reader.rest();
}

function expectAll(reader: ByteReader, bytes: readonly number[], what: string): void {
  for (const byte of bytes) reader.expect(byte, what);
}

export function writeConferenceRequest(blocks: Buffer): Buffer {
  const content = [Buffer.from([...REQUEST, ...CLIENT_KEY]), writePerLength(blocks.length), blocks];
  return frame(content);
}

export function writeConferenceResponse(blocks: Buffer): Buffer {
  const content = [Buffer.from([...RESPONSE_FIELDS, ...SERVER_KEY]), writePerLength(blocks.length), blocks];
  return frame(content);
}

function frame(content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from(KEY), writePerLength(body.length), body]);
}
