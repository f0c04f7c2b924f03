/** Clients of SSH as agents have them: OpenSSH's `ssh`, and the package `ssh2`. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { ssh2 } from '../../src/protocols/ssh/transport/ssh2.ts';
import { type ProcessResult, runProcess } from './processes.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

/** Where to go and as whom. */
export interface SshLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** How a command ended. */
export interface SshResult {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A channel of the client, as far as suites use it. */
export interface TestChannel extends NodeJS.EventEmitter {
  readonly stderr: Readable;
  write(data: string | Buffer): boolean;
  end(data?: string | Buffer): void;
  pause(): void;
  resume(): void;
  signal(name: string): void;
  close(): void;
  setWindow(rows: number, columns: number, heightPixels: number, widthPixels: number): void;
  readonly outgoing: { readonly id: number };
}

/** A connection of the package `ssh2`, logged in. */
export interface TestClient extends AsyncDisposable {
  run(command: string, input?: string): Promise<SshResult>;
  open(command: string): Promise<TestChannel>;
  shell(): Promise<TestChannel>;
  /** A command, or a shell, on a terminal of 80 columns and 24 rows unless said. */
  terminal(command?: string, options?: TerminalOptions): Promise<TestChannel>;
  subsystem(name: string): Promise<TestChannel>;
  /** The client itself, with what the package does not document. */
  readonly raw: RawClient;
  readonly closed: Promise<void>;
}

/** How {@link TestClient.terminal} asks for one. */
export interface TerminalOptions {
  readonly cols?: number;
  readonly rows?: number;
  readonly term?: string;
  readonly modes?: Readonly<Record<string, number>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** The parts of ssh2's client that are no part of what the gateway uses. */
export interface RawClient extends NodeJS.EventEmitter {
  connect(options: object): void;
  exec(
    command: string,
    options: object,
    done: (error: Error | undefined, channel: TestChannel) => void,
  ): void;
  shell(
    terminal: object | false,
    options: object,
    done: (error: Error | undefined, channel: TestChannel) => void,
  ): void;
  subsys(name: string, done: (error: Error | undefined, channel: TestChannel) => void): void;
  forwardOut(...ends: unknown[]): void;
  forwardIn(host: string, port: number, done: (error: Error | undefined) => void): void;
  end(): void;
  destroy(): void;
  readonly _sock: import('node:net').Socket;
  readonly _protocol: Readonly<Record<string, (...values: unknown[]) => void>>;
}

const exits = new WeakMap<TestChannel, { code: number | undefined; signal: string | undefined }>();

/** Logs in. Rejects where it is not let in. */
export async function connectSsh2(login: SshLogin, options: object = {}): Promise<TestClient> {
  const raw = new ssh2.Client() as unknown as RawClient;
  // Of a connection that is cut there may be more than one.
  raw.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => raw.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    raw.once('ready', resolve);
    raw.once('error', reject);
    raw.once('close', () => reject(new Error('closed before it was ready')));
    const { user: username, password, host, port } = login;
    raw.connect({ host, port, username, password, ...options });
  });
  const opened = (
    start: (done: (error: Error | undefined, channel: TestChannel) => void) => void,
  ): Promise<TestChannel> =>
    new Promise((resolve, reject) => {
      start((error, channel) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        // It may come together with the answer to the request, before anybody else listens.
        channel.once('exit', (code: number | null, signal: string | undefined) => {
          exits.set(channel, { code: code ?? undefined, signal });
        });
        resolve(channel);
      });
    });
  const open = (command: string): Promise<TestChannel> => opened((done) => raw.exec(command, {}, done));
  return {
    raw,
    closed,
    open,
    shell: () => opened((done) => raw.shell(false, {}, done)),
    terminal: (command, { env = {}, ...pty } = {}) =>
      opened((done) => {
        const terminal = { term: 'xterm', ...pty };
        if (command === undefined) raw.shell(terminal, { env }, done);
        else raw.exec(command, { pty: terminal, env }, done);
      }),
    subsystem: (name) => opened((done) => raw.subsys(name, done)),
    async run(command, input) {
      const channel = await open(command);
      const result = resultOf(channel);
      channel.end(input);
      return result;
    },
    async [Symbol.asyncDispose]() {
      raw.end();
      await closed;
    },
  };
}

/** Resolves when the channel is closed. */
export async function resultOf(channel: TestChannel): Promise<SshResult> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  channel.on('data', (chunk: Buffer) => out.push(chunk));
  channel.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  await new Promise<void>((resolve) => channel.once('close', () => resolve()));
  const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();
  const ended = exits.get(channel) ?? { code: undefined, signal: undefined };
  return { ...ended, stdout: text(out), stderr: text(err) };
}

/** Runs OpenSSH's client, which gets the password from a program that it asks. */
export async function runOpenSsh(
  program: string,
  login: SshLogin,
  {
    command,
    input,
    options = [],
  }: { command: readonly string[]; input?: string; options?: readonly string[] },
): Promise<ProcessResult> {
  using folder = createTemporaryFolder('openssh');
  const askpass = path.join(folder.path, 'askpass');
  writeFileSync(askpass, '#!/bin/sh\nprintf "%s\\n" "$PASSWORD_OF_TEST"\n', { mode: 0o700 });
  const settings = ['StrictHostKeyChecking=no', `UserKnownHostsFile=${folder.path}/known`, 'LogLevel=ERROR'];
  return await runProcess(
    program,
    [
      '-F',
      'none',
      // The first that is said counts.
      ...options,
      ...settings.flatMap((setting) => ['-o', setting]),
      '-p',
      String(login.port),
      '-l',
      login.user,
      login.host,
      ...command,
    ],
    {
      env: {
        HOME: folder.path,
        DISPLAY: ':0',
        SSH_ASKPASS: askpass,
        SSH_ASKPASS_REQUIRE: 'force',
        PASSWORD_OF_TEST: login.password,
      },
      ...(input === undefined ? {} : { input }),
    },
  );
}
