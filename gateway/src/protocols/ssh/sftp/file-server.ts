/** The machine's side of a transfer: one sftp subsystem, requests and answers told apart by ids of the gateway's own. */
import type { Permit } from '../../../enforcement/permit.ts';
import type { ClientProgram } from '../transport/client-connection.ts';
import { SshUpstreamError } from '../upstream/errors.ts';
import { Outlet } from './outlet.ts';
import { type Field, writePacket } from './wire/fields.ts';
import { ID_AT } from './wire/numbers.ts';
import { PacketReader } from './wire/packet-reader.ts';
import { readReply, readVersion, type SftpReply, writeVersion } from './wire/replies.ts';

/** Takes an answer as it came; undefined where none comes any more. */
export type OnReply = (packet: Buffer | undefined) => void;

/** A machine that leaves a question without an answer for so long is given up. */
const ANSWER_MS = 60_000;
const LOOK_MS = 5_000;
/** Longest answer. */
const MOST_BYTES = 300 * 1024;

interface Pending {
  readonly onReply: OnReply;
  /** Undefined: transfers of data, which may take long. */
  readonly askedMs: number | undefined;
}

/** An sftp server on the machine. Nothing is sent to it without a permit (P1). */
export class FileServer {
  /** Names of extensions that it has, with their versions. */
  readonly extensions: ReadonlyMap<string, string>;
  /** Resolves when it has ended, with the reason. */
  readonly ended: Promise<Error>;
  readonly #program: ClientProgram;
  readonly #out: Outlet;
  readonly #pending = new Map<number, Pending>();
  readonly #end = Promise.withResolvers<Error>();
  readonly #watch: NodeJS.Timeout;
  #id = 0;
  #isOver = false;

  private constructor(
    program: ClientProgram,
    reader: PacketReader,
    extensions: ReadonlyMap<string, string>,
    left: readonly Buffer[],
  ) {
    this.#program = program;
    this.extensions = extensions;
    this.ended = this.#end.promise;
    this.#out = new Outlet((bytes) => program.write(bytes));
    this.#watch = setInterval(() => this.#look(), LOOK_MS).unref();
    void this.#read(reader, left);
    void drain(program);
  }

  /** Shakes hands with a subsystem that was started. Rejects with SshUpstreamError. */
  static async begin(program: ClientProgram, timeoutMs: number): Promise<FileServer> {
    const late = setTimeout(() => program.kill(), timeoutMs);
    try {
      const reader = new PacketReader(MOST_BYTES);
      await program.write(writeVersion('INIT', new Map()));
      const packets: Buffer[] = [];
      while (packets.length === 0) {
        const chunk = await program.stdout.next();
        if (chunk === undefined) throw new Error('it ended before it said its version');
        reader.read(chunk, (packet) => packets.push(packet));
      }
      const [first, ...left] = packets;
      if (first === undefined) throw new TypeError('no packet');
      return new FileServer(program, reader, readVersion(first, 'VERSION'), left);
    } catch (error) {
      program.kill();
      const reason = error instanceof Error ? error.message : String(error);
      throw new SshUpstreamError(
        'ERR_SSH_UPSTREAM_PROTOCOL',
        `the machine serves no files: ${reason}`,
        error,
      );
    } finally {
      clearTimeout(late);
    }
  }

  /** Sends a message, whose id is written anew in place; `onReply` is called once. */
  send(_permit: Permit, packet: Buffer, onReply: OnReply, isData = false): void {
    if (this.#isOver) {
      onReply(undefined);
      return;
    }
    do this.#id = (this.#id + 1) >>> 0;
    while (this.#pending.has(this.#id));
    packet.writeUInt32BE(this.#id, ID_AT);
    this.#pending.set(this.#id, { onReply, askedMs: isData ? undefined : performance.now() });
    this.#out.push(packet);
  }

  /** Asks, and reads the answer. Rejects with SshUpstreamError where there is none, or none that can be read. */
  ask(permit: Permit, type: number, fields: readonly Field[]): Promise<SftpReply> {
    return this.askPacket(permit, writePacket(type, 0, fields));
  }

  /** Asks by a message that was written already. */
  askPacket(permit: Permit, message: Buffer): Promise<SftpReply> {
    return new Promise((resolve, reject) => {
      this.send(permit, message, (packet) => {
        try {
          if (packet === undefined) throw lost();
          resolve(readReply(packet));
        } catch (error) {
          this.#fail(error);
          reject(error instanceof SshUpstreamError ? error : lost());
        }
      });
    });
  }

  /** Resolves when more may be sent. */
  ready(): Promise<void> {
    return this.#out.ready();
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.#fail(new Error('the transfer is over'));
  }

  async #read(reader: PacketReader, left: readonly Buffer[]): Promise<void> {
    const take = (packet: Buffer): void => this.#answer(packet);
    try {
      for (const packet of left) take(packet);
      for (;;) {
        const chunk = await this.#program.stdout.next();
        if (chunk === undefined) throw new Error('it ended');
        reader.read(chunk, take);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #answer(packet: Buffer): void {
    const id = packet.length < ID_AT + 4 ? undefined : packet.readUInt32BE(ID_AT);
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (id === undefined || pending === undefined) throw new Error('an answer that nobody waits for');
    this.#pending.delete(id);
    pending.onReply(packet);
  }

  #look(): void {
    const now = performance.now();
    // The oldest stands first.
    for (const { askedMs } of this.#pending.values()) {
      if (askedMs === undefined) continue;
      if (now - askedMs > ANSWER_MS) this.#fail(new Error(`no answer in ${ANSWER_MS} ms`));
      return;
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#watch);
    this.#program.kill();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    const reason = error instanceof Error ? error.message : String(error);
    this.#end.resolve(new SshUpstreamError('ERR_SSH_UPSTREAM_PROTOCOL', `the file server: ${reason}`, error));
    for (const { onReply } of pending) onReply(undefined);
  }
}

/** What it says on stderr is for nobody, and must not stop it. */
async function drain({ stderr }: ClientProgram): Promise<void> {
  while ((await stderr.next()) !== undefined);
}

function lost(): SshUpstreamError {
  return new SshUpstreamError('ERR_SSH_UPSTREAM_PROTOCOL', 'the file server ended');
}
