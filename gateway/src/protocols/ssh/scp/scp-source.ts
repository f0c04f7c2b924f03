/** `scp -f`: the machine's files go to the client. Only what was asked for, each under the last part of its name. */
import { look } from '../sftp/carry-out.ts';
import { type FileWork, Refused } from '../sftp/file-work.ts';
import { openFile } from '../sftp/open.ts';
import { OpenFile } from '../sftp/open-file.ts';
import { lexicalPath } from '../sftp/resolve-path.ts';
import { type Attributes, fileTypeOf } from '../sftp/wire/attributes.ts';
import { OPEN, TYPE } from '../sftp/wire/numbers.ts';
import { namesOf } from '../transfers/expand-word.ts';
import type { ServerChannel } from '../transport/server-channel.ts';
import { closeFile, readFile } from './file-data.ts';
import type { ScpInput } from './scp-input.ts';
import { wordsOf, wordsOfFailure, wordsOfRefused } from './scp-words.ts';
import { ScpWireError } from './wire/errors.ts';
import { END, OK, writeEntry, writeError, writeTimes } from './wire/lines.ts';

/** What the command said. */
export interface SourceOptions {
  readonly isRecursive: boolean;
  readonly keeps: boolean;
}

/** The client does not go on. */
class Stopped extends Error {}

const MOST_LEVELS = 64;

/** Gives files to one client. */
export class ScpSource {
  readonly #work: FileWork;
  readonly #channel: ServerChannel;
  readonly #input: ScpInput;
  readonly #options: SourceOptions;
  #faults = 0;

  constructor(work: FileWork, channel: ServerChannel, how: { input: ScpInput; options: SourceOptions }) {
    this.#work = work;
    this.#channel = channel;
    this.#input = how.input;
    this.#options = how.options;
  }

  /** Resolves with the exit status. Rejects with ScpWireError, SshError and SshUpstreamError. */
  async run(paths: readonly (string | Refused)[]): Promise<number> {
    try {
      // The client begins.
      if (!(await this.#isTaken())) return 1;
      for (const path of paths) {
        if (path instanceof Refused) await this.#say(wordsOfRefused(path));
        else await this.#give(path, this.#nameOf(path), []);
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      this.#faults += 1;
    }
    return this.#faults === 0 ? 0 : 1;
  }

  /** As OpenSSH's server names what it was asked for: the last part; of `.` and the like the folder's own name. */
  #nameOf(path: string): string {
    const whole = lexicalPath(path.startsWith('/') ? path : `${this.#work.home}/${path}`);
    return whole.slice(whole.lastIndexOf('/') + 1);
  }

  /** @param above places of the folders that it is in: a link to one of them would go on for ever */
  async #give(path: string, name: string, above: readonly string[]): Promise<void> {
    const place = await this.#work.resolve(path, true);
    if (place.kind === 'folder') {
      if (above.includes(place.path)) await this.#say(`${name}: a link to a folder that it is in`);
      else await this.#giveFolder(path, name, [...above, place.path]);
      return;
    }
    const opened = await openFile(this.#work, { path, flags: OPEN.READ, attributes: {} });
    if (!(opened instanceof OpenFile)) {
      await this.#say(opened instanceof Refused ? wordsOfRefused(opened) : `${name}: ${wordsOf(opened)}`);
      return;
    }
    try {
      await this.#giveFile(opened, name);
    } finally {
      await closeFile(this.#work, opened);
    }
  }

  async #giveFile(file: OpenFile, name: string): Promise<void> {
    const reply = await this.#work.server.ask(file.permit, TYPE.FSTAT, [file.remote]);
    const { size } = reply.kind === 'attributes' ? reply.attributes : {};
    if (reply.kind !== 'attributes' || size === undefined || fileTypeOf(reply.attributes) !== 'file') {
      await this.#say(`${name}: not a regular file`);
      return;
    }
    const { permissions = 0o644 } = reply.attributes;
    const entry = await this.#entry(() => writeEntry('C', permissions, size, name));
    if (entry === undefined) return;
    await this.#giveTimes(reply.attributes);
    if (!(await this.#isTakenBehind(entry))) return;
    let sent = 0;
    let problem: string | undefined;
    try {
      await readFile(this.#work, file, {
        size,
        take: (data) => {
          sent += data.length;
          return this.#channel.write('stdout', data);
        },
      });
    } catch (error) {
      // The client waits for as many bytes as were announced.
      const words = wordsOfFailure(error);
      if (words === undefined) throw error;
      problem = `${name}: ${words}`;
      await this.#fill(size - sent);
    }
    if (problem === undefined) await this.#channel.write('stdout', OK);
    else await this.#say(problem);
    await this.#isTaken();
  }

  async #fill(bytes: number): Promise<void> {
    const zeros = Buffer.alloc(Math.min(bytes, 64 * 1024));
    for (let left = bytes; left > 0 && !this.#channel.gone.aborted; left -= zeros.length) {
      await this.#channel.write('stdout', zeros.subarray(0, left));
    }
  }

  async #giveFolder(path: string, name: string, above: readonly string[]): Promise<void> {
    if (!this.#options.isRecursive) {
      await this.#say(`${name}: not a regular file`);
      return;
    }
    if (above.length > MOST_LEVELS) {
      await this.#say(`${name}: folders that are too deep`);
      return;
    }
    const names = await namesOf(this.#work, path);
    if (names instanceof Refused) {
      await this.#say(wordsOfRefused(names));
      return;
    }
    let attributes: Attributes = {};
    if (this.#options.keeps) {
      const reply = await look(this.#work, TYPE.STAT, path, true);
      if (!(reply instanceof Refused) && reply.kind === 'attributes') attributes = reply.attributes;
    }
    const entry = await this.#entry(() => writeEntry('D', attributes.permissions ?? 0o755, 0, name));
    if (entry === undefined) return;
    await this.#giveTimes(attributes);
    if (!(await this.#isTakenBehind(entry))) return;
    for (const one of names) await this.#give(`${path}/${one}`, one, above);
    await this.#isTakenBehind(END);
  }

  /** A line for a name that can stand in one. */
  async #entry(write: () => Buffer): Promise<Buffer | undefined> {
    try {
      return write();
    } catch (error) {
      if (!(error instanceof ScpWireError)) throw error;
      await this.#say(error.message);
      return undefined;
    }
  }

  async #giveTimes({ times }: Attributes): Promise<void> {
    if (!this.#options.keeps || times === undefined) return;
    if (!(await this.#isTakenBehind(writeTimes(times.modified, times.accessed)))) throw new Stopped();
  }

  async #isTakenBehind(line: Buffer): Promise<boolean> {
    await this.#channel.write('stdout', line);
    return this.#isTaken();
  }

  async #isTaken(): Promise<boolean> {
    const answer = await this.#input.answer();
    if (answer === undefined || answer.isFatal) throw new Stopped();
    if (!answer.isOk) this.#faults += 1;
    return answer.isOk;
  }

  async #say(text: string): Promise<void> {
    this.#faults += 1;
    await this.#channel.write('stdout', writeError(text));
  }
}
