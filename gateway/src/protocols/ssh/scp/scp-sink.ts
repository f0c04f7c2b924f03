/** `scp -t`: the machine gets files. Names come from the client; each is one name in the folder that it was asked for. */
import { makeFolder, setAttributes, setOpenAttributes } from '../sftp/carry-out.ts';
import { type FileWork, Refused } from '../sftp/file-work.ts';
import { openFile } from '../sftp/open.ts';
import { OpenFile } from '../sftp/open-file.ts';
import type { Attributes } from '../sftp/wire/attributes.ts';
import { OPEN, STATUS } from '../sftp/wire/numbers.ts';
import type { ServerChannel } from '../transport/server-channel.ts';
import { closeFile, FileWriter } from './file-data.ts';
import type { ScpInput } from './scp-input.ts';
import { wordsOf, wordsOfFailure, wordsOfRefused } from './scp-words.ts';
import { ScpWireError } from './wire/errors.ts';
import { OK, type ScpLine, writeError } from './wire/lines.ts';

/** What the command said. */
export interface SinkOptions {
  readonly target: string;
  readonly isRecursive: boolean;
  readonly keeps: boolean;
  /** The target has to be a folder. */
  readonly isFolder: boolean;
}

type FileLine = Extract<ScpLine, { readonly kind: 'file' }>;
type FolderLine = Extract<ScpLine, { readonly kind: 'folder' }>;
type Times = NonNullable<Attributes['times']>;

/** A folder that files are put in, with what is set when all are there. */
interface Level {
  readonly path: string;
  readonly after: Attributes | undefined;
}

const MOST_LEVELS = 64;
const PIECE_BYTES = 256 * 1024;

/** Takes files of one client. */
export class ScpSink {
  readonly #work: FileWork;
  readonly #channel: ServerChannel;
  readonly #input: ScpInput;
  readonly #options: SinkOptions;
  readonly #levels: Level[] = [];
  #times: Times | undefined;
  #faults = 0;

  constructor(work: FileWork, channel: ServerChannel, how: { input: ScpInput; options: SinkOptions }) {
    this.#work = work;
    this.#channel = channel;
    this.#input = how.input;
    this.#options = how.options;
  }

  /** Resolves with the exit status. Rejects with ScpWireError, SshError and SshUpstreamError. */
  async run(): Promise<number> {
    const { target, isFolder } = this.#options;
    if (isFolder && (await this.#work.resolve(target, true)).kind !== 'folder') {
      await this.#say(`${target}: Not a directory`);
      return 1;
    }
    await this.#ok();
    for (let line = await this.#input.line(); line !== undefined; line = await this.#input.line()) {
      if (line.kind === 'error' && line.isFatal) return 1;
      if (line.kind === 'error') {
        this.#faults += 1;
        continue;
      }
      await this.#take(line);
    }
    if (this.#levels.length > 0) throw new ScpWireError('ERR_SCP_ENDED', 'the client ended within a folder');
    return this.#faults === 0 ? 0 : 1;
  }

  async #take(line: Exclude<ScpLine, { readonly kind: 'error' }>): Promise<void> {
    const times = this.#times;
    this.#times = undefined;
    switch (line.kind) {
      case 'times':
        this.#times = { accessed: line.accessed, modified: line.modified };
        await this.#ok();
        return;
      case 'end':
        await this.#leave();
        return;
      case 'folder':
        await this.#enter(line, times);
        return;
      case 'file':
        await this.#file(line, times);
        return;
    }
  }

  /** Where something of this name goes: into the target, or in place of it. */
  async #placeOf(name: string): Promise<string> {
    const above = this.#levels.at(-1);
    if (above !== undefined) return `${above.path}/${name}`;
    const { target, isFolder } = this.#options;
    const isInside = isFolder || (await this.#work.resolve(target, true)).kind === 'folder';
    return isInside ? `${target === '' ? '.' : target}/${name}` : target;
  }

  async #enter({ mode, name }: FolderLine, times: Times | undefined): Promise<void> {
    if (!this.#options.isRecursive) throw new ScpWireError('ERR_SCP_LINE', 'a folder without -r');
    if (this.#levels.length >= MOST_LEVELS)
      throw new ScpWireError('ERR_SCP_LINE', 'folders that are too deep');
    const path = await this.#placeOf(name);
    const { kind } = await this.#work.resolve(path, true);
    if (kind !== 'folder') {
      const reply = await makeFolder(this.#work, path, { permissions: mode });
      if (reply instanceof Refused || reply.kind !== 'status' || reply.code !== STATUS.OK) {
        await this.#say(reply instanceof Refused ? wordsOfRefused(reply) : `${name}: ${wordsOf(reply)}`);
        return;
      }
    }
    const after = this.#options.keeps
      ? { permissions: mode, ...(times === undefined ? {} : { times }) }
      : undefined;
    this.#levels.push({ path, after });
    await this.#ok();
  }

  async #leave(): Promise<void> {
    const level = this.#levels.pop();
    if (level === undefined) throw new ScpWireError('ERR_SCP_LINE', 'the end of no folder');
    if (level.after === undefined) return this.#ok();
    const reply = await setAttributes(this.#work, { text: level.path, follow: true }, level.after);
    if (reply instanceof Refused) return this.#say(wordsOfRefused(reply));
    return reply.kind === 'status' && reply.code === STATUS.OK ? this.#ok() : this.#say(wordsOf(reply));
  }

  async #file(line: FileLine, times: Times | undefined): Promise<void> {
    const path = await this.#placeOf(line.name);
    const opened = await openFile(this.#work, {
      path,
      flags: OPEN.WRITE | OPEN.CREAT | OPEN.TRUNC,
      attributes: { permissions: line.mode },
      size: line.size,
    });
    if (!(opened instanceof OpenFile)) {
      // The client sends no bytes then.
      await this.#say(
        opened instanceof Refused ? wordsOfRefused(opened) : `${line.name}: ${wordsOf(opened)}`,
      );
      return;
    }
    let problem: string | undefined;
    try {
      await this.#ok();
      problem = await this.#bytes(opened, line.size);
      problem ??= await this.#attributes(opened, line, times);
    } finally {
      problem = (await this.#close(opened)) ?? problem;
    }
    await (problem === undefined ? this.#ok() : this.#say(problem));
  }

  /** All bytes are read, whatever becomes of them: the client cannot be stopped but by an end. */
  async #bytes(file: OpenFile, size: number): Promise<string | undefined> {
    const writer = new FileWriter(this.#work, file);
    let problem: string | undefined;
    for (let left = size; left > 0; ) {
      const bytes = await this.#input.bytes(Math.min(left, PIECE_BYTES));
      left -= bytes.length;
      if (problem === undefined) problem = await told(() => writer.write(bytes));
    }
    const answer = await this.#input.answer();
    if (answer === undefined) throw new ScpWireError('ERR_SCP_ENDED', 'the client ended within a file');
    if (!answer.isOk) problem ??= 'the file changed while it was sent';
    return problem ?? told(() => writer.end());
  }

  async #attributes(
    file: OpenFile,
    { mode }: FileLine,
    times: Times | undefined,
  ): Promise<string | undefined> {
    if (!this.#options.keeps) return undefined;
    const attributes = { permissions: mode, ...(times === undefined ? {} : { times }) };
    const reply = await setOpenAttributes(this.#work, file, attributes);
    if (reply instanceof Refused) return wordsOfRefused(reply);
    return reply.kind === 'status' && reply.code === STATUS.OK ? undefined : wordsOf(reply);
  }

  #close(file: OpenFile): Promise<string | undefined> {
    return told(() => closeFile(this.#work, file));
  }

  #ok(): Promise<void> {
    return this.#channel.write('stdout', OK);
  }

  /** Tells the client, which goes on with what comes next. */
  async #say(text: string): Promise<void> {
    this.#faults += 1;
    await this.#channel.write('stdout', writeError(text));
  }
}

/** What went wrong, in words; rejects where nothing can go on. */
async function told(action: () => Promise<void>): Promise<string | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    const words = wordsOfFailure(error);
    if (words === undefined) throw error;
    return words;
  }
}
