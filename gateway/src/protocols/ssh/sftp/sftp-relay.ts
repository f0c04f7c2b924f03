/** One sftp channel of a client: its messages in the order in which they come, many under way, none faster than it is taken. */

import { GatewayError } from '../../../model/gateway-error.ts';
import type { Log } from '../../../telemetry/log.ts';
import { SshError } from '../errors.ts';
import { denialOf } from '../refusal.ts';
import type { ServerChannel } from '../transport/server-channel.ts';
import { type FileWork, Refused } from './file-work.ts';
import { Handles } from './handles.ts';
import { Outlet } from './outlet.ts';
import { relayData, stoppedStatus } from './relay-data.ts';
import { FORWARDED, OWN, type Result, relayRequest } from './relay-requests.ts';
import { SftpWireError } from './wire/errors.ts';
import { ID_AT, MOST_DATA_BYTES, STATUS, TYPE } from './wire/numbers.ts';
import { PacketReader } from './wire/packet-reader.ts';
import {
  readVersion,
  writeAttributes,
  writeExtended,
  writeHandle,
  writeNames,
  writeStatus,
  writeVersion,
} from './wire/replies.ts';
import { readRequest } from './wire/requests.ts';

/** READs and WRITEs under way, beyond which nothing more is read: OpenSSH's client has 64. */
const MOST_DATA_REQUESTS = 512;
/**
 * Bytes that are asked for or wait to be taken, beyond which nothing more is read. What the machine sends is always taken: answers to
 * the gateway's own looks come by the same way, and others wait for them.
 */
const MOST_BYTES = 8 * 1024 * 1024;
/** Other requests under way. */
const MOST_REQUESTS = 64;
/** Messages that make no sense, after which nobody listens any more. */
const MOST_FAULTS = 100;
/** Lines on stderr: OpenSSH's client shows no words of a status. */
const MOST_LINES = 100;

/** Relays one channel. */
export class SftpRelay {
  readonly #channel: ServerChannel;
  readonly #work: FileWork;
  readonly #log: Log;
  readonly #linkFirst: boolean;
  readonly #handles = new Handles();
  readonly #out: Outlet;
  readonly #running = new Set<Promise<void>>();
  readonly #faults: SftpWireError[] = [];
  #data = 0;
  /** Bytes that are asked for and not here yet. */
  #asked = 0;
  #lines = 0;
  #isGreeted = false;
  #wake: (() => void) | undefined;

  constructor(
    channel: ServerChannel,
    work: FileWork,
    { log, linkFirst }: { readonly log: Log; readonly linkFirst: boolean },
  ) {
    this.#channel = channel;
    this.#work = work;
    this.#log = log;
    this.#linkFirst = linkFirst;
    this.#out = new Outlet(
      (bytes) => channel.write('stdout', bytes),
      () => this.#changed(),
    );
  }

  /** Resolves at the end of the client's messages, when all of them are answered. Rejects with what ends it before. */
  async serve(): Promise<void> {
    const reader = new PacketReader();
    const over = this.#work.server.ended.then((error) => {
      throw error;
    });
    over.catch(() => undefined);
    try {
      await Promise.race([this.#serve(reader), over]);
    } finally {
      this.#handles.settleAll();
    }
  }

  async #serve(reader: PacketReader): Promise<void> {
    const { input, gone } = this.#channel;
    for (let chunk = await input.next(); chunk !== undefined; chunk = await input.next()) {
      // A message may be waited for within a chunk, which is then read on: the chunk is the gateway's own until the next.
      const packets: Buffer[] = [];
      reader.read(chunk, (packet) => packets.push(packet));
      for (const packet of packets) {
        await this.#room();
        this.#take(packet);
      }
      await this.#work.server.ready();
    }
    if (gone.aborted) return;
    while (this.#data > 0 || this.#running.size > 0) await this.#change();
    await this.#out.empty();
  }

  async #room(): Promise<void> {
    while (
      this.#data >= MOST_DATA_REQUESTS ||
      this.#running.size >= MOST_REQUESTS ||
      this.#asked + this.#out.bytes >= MOST_BYTES
    ) {
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #changed(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #take(packet: Buffer): void {
    if (!this.#isGreeted) {
      readVersion(packet, 'INIT');
      this.#isGreeted = true;
      this.#out.push(writeVersion('VERSION', this.#extensions()));
      return;
    }
    if (packet.length < ID_AT + 4) throw new SftpWireError('ERR_SFTP_LENGTH', 'a message without an id');
    const id = packet.readUInt32BE(ID_AT);
    try {
      const type = packet.readUInt8(4);
      if (type === TYPE.READ || type === TYPE.WRITE) this.#takeData(packet);
      else this.#run(id, packet);
    } catch (error) {
      if (!(error instanceof SftpWireError)) throw error;
      this.#faults.push(error);
      if (this.#faults.length > MOST_FAULTS) throw error;
      this.#out.push(writeStatus(id, STATUS.BAD_MESSAGE, error.message));
    }
  }

  #takeData(packet: Buffer): void {
    // The length is the last field of a READ.
    const asked =
      packet.readUInt8(4) === TYPE.READ
        ? Math.min(packet.readUInt32BE(packet.length - 4), MOST_DATA_BYTES)
        : 0;
    this.#data += 1;
    this.#asked += asked;
    let isAnswered = false;
    try {
      relayData(packet, {
        server: this.#work.server,
        file: (handle) => this.#handles.file(handle),
        answer: (reply) => {
          isAnswered = true;
          this.#data -= 1;
          this.#asked -= asked;
          this.#out.push(reply);
          this.#changed();
        },
      });
    } catch (error) {
      if (!isAnswered) {
        this.#data -= 1;
        this.#asked -= asked;
      }
      throw error;
    }
  }

  #run(id: number, packet: Buffer): void {
    const request = readRequest(packet);
    const running = this.#answer(id, async () =>
      relayRequest(request, { work: this.#work, handles: this.#handles, linkFirst: this.#linkFirst }),
    ).finally(() => {
      this.#running.delete(running);
      this.#changed();
    });
    this.#running.add(running);
  }

  /** Never rejects. */
  async #answer(id: number, carryOut: () => Promise<Result>): Promise<void> {
    let packet: Buffer;
    try {
      packet = this.#write(id, await carryOut());
    } catch (error) {
      packet = this.#writeError(id, error);
    }
    this.#out.push(packet);
  }

  #write(id: number, result: Result): Buffer {
    if (result instanceof Refused) {
      const { text } = denialOf(result.verdict);
      this.#tell(text);
      return writeStatus(id, STATUS.PERMISSION_DENIED, text);
    }
    switch (result.kind) {
      case 'status':
        return writeStatus(id, result.code, 'words' in result ? result.words : undefined);
      case 'handle':
        return writeHandle(id, result.handle);
      case 'attributes':
        return writeAttributes(id, result.attributes);
      case 'names':
        return writeNames(id, result.entries);
      case 'extended':
        return writeExtended(id, result.body);
    }
  }

  #writeError(id: number, error: unknown): Buffer {
    if (!(error instanceof SshError)) {
      const code = error instanceof GatewayError ? error.code : 'ERR_INTERNAL';
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.warn('file request failed', { session: this.#work.session.id, code, reason });
    }
    const known = error instanceof GatewayError ? error.publicMessage : undefined;
    return stoppedStatus(id, new SshError('ERR_SSH_DENIED', known ?? 'the gateway could not do this'));
  }

  /** OpenSSH's client shows stderr, and no words of a status. Nobody waits for it. */
  #tell(line: string): void {
    this.#lines += 1;
    if (this.#lines > MOST_LINES) return;
    void this.#channel.write('stderr', Buffer.from(`${line}\n`));
  }

  #extensions(): ReadonlyMap<string, string> {
    const { extensions } = this.#work.server;
    const forwarded = FORWARDED.flatMap((name) => {
      const version = extensions.get(name);
      return version === undefined ? [] : [[name, version] as const];
    });
    return new Map([...forwarded, ...OWN]);
  }
}
