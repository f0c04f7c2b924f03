/** READ and WRITE: messages are looked at, and patched in place; their data is hashed and passed on. */
import { SshError } from '../errors.ts';
import type { FileServer } from './file-server.ts';
import type { OpenFile } from './open-file.ts';
import { DataFailed, readData } from './read-data.ts';
import { writePacket } from './wire/fields.ts';
import { BODY_AT, ID_AT, MOST_DATA_BYTES, STATUS, TYPE } from './wire/numbers.ts';
import { dataAt, readReply, writeStatus } from './wire/replies.ts';
import { type DataRequest, readDataRequest } from './wire/requests.ts';

/** Where data goes between. */
export interface DataRelay {
  readonly server: FileServer;
  readonly file: (handle: Buffer) => OpenFile | undefined;
  /** Sends the client an answer, which is the last word on its request. */
  readonly answer: (packet: Buffer) => void;
}

/** Relays one READ or WRITE of a client. @throws SftpWireError where it is none; nothing has been sent then */
export function relayData(packet: Buffer, { server, file: find, answer }: DataRelay): void {
  const id = packet.readUInt32BE(ID_AT);
  const isWrite = packet.readUInt8(4) === TYPE.WRITE;
  const request = readDataRequest(packet);
  const file = find(request.handle);
  if (file === undefined || !(isWrite ? file.openedFor.writes : file.openedFor.reads)) {
    answer(writeStatus(id, STATUS.FAILURE, 'no such handle'));
    return;
  }
  const stopped =
    file.stopped() ?? (isWrite ? file.takeWrite(packet.subarray(request.at), request.offset) : undefined);
  if (stopped !== undefined) {
    answer(stoppedStatus(id, stopped));
    return;
  }
  if (!isWrite && file.isScanned) {
    void readScanned(id, file, { request, server }).then(answer);
    return;
  }
  if (!isWrite && request.length > MOST_DATA_BYTES) packet.writeUInt32BE(MOST_DATA_BYTES, request.at);
  const message = withHandle(packet, request, file.remote);
  server.send(
    file.permit,
    message,
    (reply) => answer(isWrite ? written(id, reply, file) : read(id, reply, file, request)),
    true,
  );
}

/** Never rejects. */
async function readScanned(
  id: number,
  file: OpenFile,
  { request, server }: { readonly request: DataRequest; readonly server: FileServer },
): Promise<Buffer> {
  try {
    const data = await readData(server, file, request.offset, request.length);
    const stopped = file.stopped() ?? file.takeRead(data, request.offset);
    return stopped === undefined ? writePacket(TYPE.DATA, id, [data]) : stoppedStatus(id, stopped);
  } catch (error) {
    if (!(error instanceof DataFailed)) {
      return stoppedStatus(id, error instanceof Error ? error : new TypeError('no error'));
    }
    if (error.code === STATUS.EOF) file.endSeen();
    return writeStatus(id, error.code);
  }
}

/** What a client is told whose transfer was stopped. */
export function stoppedStatus(id: number, error: Error): Buffer {
  const words = error instanceof SshError ? error.publicMessage : 'the gateway could not do this';
  return writeStatus(id, STATUS.PERMISSION_DENIED, words);
}

/** In place where the machine's handle is as long as the gateway's; OpenSSH's are. */
function withHandle(packet: Buffer, { handle }: DataRequest, remote: Buffer): Buffer {
  if (handle.length === remote.length) {
    remote.copy(packet, BODY_AT + 4);
    return packet;
  }
  const head = Buffer.allocUnsafe(BODY_AT + 4);
  packet.copy(head, 0, 0, BODY_AT);
  head.writeUInt32BE(packet.length - 4 - handle.length + remote.length, 0);
  head.writeUInt32BE(remote.length, BODY_AT);
  return Buffer.concat([head, remote, packet.subarray(BODY_AT + 4 + handle.length)]);
}

function written(id: number, reply: Buffer | undefined, file: OpenFile): Buffer {
  const code = reply === undefined ? STATUS.FAILURE : codeOf(reply);
  if (code !== STATUS.OK) file.writeFailed();
  return writeStatus(id, code);
}

/** DATA goes on as it came, under the client's id. */
function read(
  id: number,
  reply: Buffer | undefined,
  file: OpenFile,
  { offset, length }: DataRequest,
): Buffer {
  if (reply === undefined) return writeStatus(id, STATUS.FAILURE);
  if (reply.readUInt8(4) !== TYPE.DATA) {
    const code = codeOf(reply);
    if (code === STATUS.EOF) file.endSeen();
    return writeStatus(id, code === STATUS.OK ? STATUS.FAILURE : code);
  }
  const data = reply.subarray(dataAt(reply));
  // More than was asked for is no answer to it.
  if (data.length > length) return writeStatus(id, STATUS.FAILURE);
  const stopped = file.stopped() ?? file.takeRead(data, offset);
  if (stopped !== undefined) return stoppedStatus(id, stopped);
  reply.writeUInt32BE(id, ID_AT);
  return reply;
}

function codeOf(reply: Buffer): number {
  const read = readReply(reply);
  return read.kind === 'status' ? read.code : STATUS.FAILURE;
}
