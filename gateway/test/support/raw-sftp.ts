/** SFTP message by message, as no honest client sends it. */
import { type Field, writePacket } from '../../src/protocols/ssh/sftp/wire/fields.ts';
import { TYPE } from '../../src/protocols/ssh/sftp/wire/numbers.ts';
import { PacketReader } from '../../src/protocols/ssh/sftp/wire/packet-reader.ts';
import { readReply, type SftpReply, writeVersion } from '../../src/protocols/ssh/sftp/wire/replies.ts';
import type { TestChannel, TestClient } from './ssh-clients.ts';

/** One channel. */
export interface RawSftp {
  readonly channel: TestChannel;
  /** All bytes that came so far. */
  received(): Buffer;
  /** Sends a message, and waits for its answer. */
  ask(type: number, ...fields: readonly Field[]): Promise<SftpReply>;
  /** Sends bytes as they are behind a type and an id. */
  askBytes(type: number, body: Buffer): Promise<SftpReply>;
  /** The words of a status, as they came. */
  lastWords(): string;
  /** A handle, or the status why there is none. */
  open(path: string | Buffer, flags: number): Promise<SftpReply>;
}

/** Opens the subsystem and shakes hands. */
export async function openRawSftp(client: TestClient): Promise<RawSftp> {
  const channel = await client.subsystem('sftp');
  const chunks: Buffer[] = [];
  const waiting = new Map<number, PromiseWithResolvers<Buffer>>();
  const greeted = Promise.withResolvers<void>();
  const reader = new PacketReader(1024 * 1024);
  let words = '';
  channel.on('data', (chunk: Buffer) => {
    chunks.push(Buffer.from(chunk));
    reader.read(chunk, (packet) => {
      if (packet.readUInt8(4) === TYPE.VERSION) greeted.resolve();
      else waiting.get(packet.readUInt32BE(5))?.resolve(Buffer.from(packet));
    });
  });
  channel.once('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the channel was closed'));
  });
  channel.stderr.resume();
  channel.write(writeVersion('INIT', new Map()));
  await greeted.promise;
  let id = 0;
  const send = async (packet: Buffer): Promise<SftpReply> => {
    id += 1;
    packet.writeUInt32BE(id, 5);
    const answered = Promise.withResolvers<Buffer>();
    waiting.set(id, answered);
    channel.write(packet);
    const reply = await answered.promise;
    if (reply.readUInt8(4) === TYPE.STATUS) {
      words = reply.subarray(17, 17 + reply.readUInt32BE(13)).toString();
    }
    if (reply.readUInt8(4) !== TYPE.DATA) return readReply(reply);
    return { kind: 'extended', body: reply.subarray(13) };
  };
  const askBytes = (type: number, body: Buffer): Promise<SftpReply> => {
    const packet = Buffer.concat([writePacket(type, 0, []), body]);
    packet.writeUInt32BE(packet.length - 4, 0);
    return send(packet);
  };
  return {
    channel,
    received: () => Buffer.concat(chunks),
    ask: (type, ...fields) => send(writePacket(type, 0, fields)),
    askBytes,
    lastWords: () => words,
    open: (path, flags) => send(writePacket(TYPE.OPEN, 0, [path, { uint32: flags }, { uint32: 0 }])),
  };
}
