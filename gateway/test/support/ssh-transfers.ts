/** Clients of SSH that move files, as agents have them: OpenSSH's sftp and scp, rsync, git, and the package `ssh2`. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ProcessResult, runProcess } from './processes.ts';
import type { SshLogin, TestClient } from './ssh-clients.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

/** Runs programs that start `ssh` themselves. */
export interface TransferClients extends Disposable {
  /** A folder of the client's own. */
  readonly folder: string;
  /** `sftp`, with commands one a line. */
  sftp(program: string, commands: readonly string[]): Promise<ProcessResult>;
  /** `scp`; `box:` stands for the gateway. */
  scp(program: string, args: readonly string[]): Promise<ProcessResult>;
  /** A program that finds `ssh` in RSYNC_RSH and GIT_SSH_COMMAND. */
  run(program: string, args: readonly string[]): Promise<ProcessResult>;
}

/** Sets them up for one login; the host is `box` for all of them. */
export function transferClients(login: SshLogin): TransferClients {
  const folder = createTemporaryFolder('transfers');
  const at = (name: string): string => path.join(folder.path, name);
  writeFileSync(at('askpass'), '#!/bin/sh\nprintf "%s\\n" "$PASSWORD_OF_TEST"\n', { mode: 0o700 });
  const config = [
    'Host box',
    `HostName ${login.host}`,
    `Port ${login.port}`,
    `User ${login.user}`,
    'StrictHostKeyChecking no',
    `UserKnownHostsFile ${at('known')}`,
    'LogLevel ERROR',
    'PreferredAuthentications keyboard-interactive',
    'BatchMode no',
  ];
  writeFileSync(at('config'), `${config.join('\n')}\n`);
  const ssh = `ssh -F ${at('config')}`;
  const env = {
    HOME: folder.path,
    PATH: process.env['PATH'] ?? '',
    DISPLAY: ':0',
    SSH_ASKPASS: at('askpass'),
    SSH_ASKPASS_REQUIRE: 'force',
    PASSWORD_OF_TEST: login.password,
    RSYNC_RSH: ssh,
    GIT_SSH_COMMAND: ssh,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
  };
  const run = (program: string, args: readonly string[], input?: string): Promise<ProcessResult> =>
    runProcess(program, args, { env, cwd: folder.path, ...(input === undefined ? {} : { input }) });
  return {
    folder: folder.path,
    run,
    scp: (program, args) => run(program, ['-F', at('config'), ...args]),
    sftp: (program, commands) =>
      run(program, ['-F', at('config'), '-o', 'BatchMode=no', '-b', '-', 'box'], `${commands.join('\n')}\n`),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** An error of ssh2's client for sftp. */
export interface SftpError extends Error {
  readonly code: number;
}

/** ssh2's client for sftp, as promises. */
export interface Ssh2Sftp {
  call(name: string, ...args: readonly unknown[]): Promise<unknown>;
  /** The code and message of what fails. */
  failure(name: string, ...args: readonly unknown[]): Promise<{ code: number; message: string } | undefined>;
  end(): void;
}

/** Opens it over a connection. */
export async function openSsh2Sftp({ raw }: TestClient): Promise<Ssh2Sftp> {
  type Callback = (error: Error | undefined, value: unknown) => void;
  const client = raw as unknown as { sftp(done: (error: Error | undefined, sftp: object) => void): void };
  const sftp = await new Promise<Record<string, (...args: unknown[]) => void>>((resolve, reject) => {
    client.sftp((error, opened) => {
      if (error === undefined) resolve(opened as Record<string, (...args: unknown[]) => void>);
      else reject(error);
    });
  });
  const call = (name: string, ...args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const done: Callback = (error, value) => {
        if (error === undefined || error === null) resolve(value);
        else reject(error);
      };
      sftp[name]?.(...args, done);
    });
  return {
    call,
    async failure(name, ...args) {
      try {
        await call(name, ...args);
        return undefined;
      } catch (error) {
        const { code, message } = error as SftpError;
        return { code, message };
      }
    },
    end: () => sftp['end']?.(),
  };
}
