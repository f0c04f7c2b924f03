// The gateway starts no other programs than those that the operator names (field row 23): here, and to read pictures. No shell, no input
// from a client in argv, environment or stdin.
import { execFile } from 'node:child_process';
import type { Clock } from '../model/clock.ts';
import type { CommandCredentialConfig } from './config.ts';
import type { CredentialSource } from './credential-source.ts';
import { CredentialError } from './errors.ts';
import { howItEnded } from './program-end.ts';
import type { Secret } from './secret.ts';
import { MAX_SECRET_BYTES, secretFromBytes } from './secret-bytes.ts';

/**
 * Makes a source that runs the program, at most one at a time: callers that come while it runs share its answer.
 * An answer is used again for `ttlMs`. A failure is not kept.
 */
export function createCommandSource(
  config: CommandCredentialConfig,
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): CredentialSource {
  let cached: { readonly secret: Secret; readonly atMs: number } | undefined;
  let running: Promise<Secret> | undefined;
  let generation = 0;

  const fresh = (): Secret | undefined => {
    if (cached === undefined) return undefined;
    const age = clock.nowMs() - cached.atMs;
    // A clock that went back makes the age negative: the answer may then be of any age.
    return age >= 0 && age < config.ttlMs ? cached.secret : undefined;
  };
  const start = (): Promise<Secret> => {
    const started = generation;
    const run = runCommand(config, env).then((secret) => {
      if (started === generation) cached = { secret, atMs: clock.nowMs() };
      return secret;
    });
    const done = (): void => {
      if (running === run) running = undefined;
    };
    run.then(done, done);
    running = run;
    return run;
  };
  return {
    kind: 'command',
    async read(signal) {
      return fresh() ?? (await unlessAborted(running ?? start(), signal));
    },
    invalidate() {
      generation += 1;
      cached = undefined;
    },
  };
}

function unlessAborted(run: Promise<Secret>, signal: AbortSignal): Promise<Secret> {
  return new Promise((resolve, reject) => {
    const abort = (): void =>
      reject(
        new CredentialError('ERR_CREDENTIALS_ABORTED', 'nobody waits for the credential command any more'),
      );
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    run.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function runCommand(
  config: CommandCredentialConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Secret> {
  const [program = '', ...args] = config.command;
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      {
        encoding: 'buffer',
        shell: false,
        env: commandEnvironment(config, env),
        timeout: config.timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_SECRET_BYTES + 2,
      },
      (error, stdout) => {
        // The error of execFile quotes argv and standard error, and standard output may hold half a secret: only
        // the exit status is told.
        if (error !== null) return reject(commandFailed(program, config.timeoutMs, error));
        try {
          resolve(secretFromBytes(stdout, `command ${program}`));
        } catch (invalid) {
          reject(invalid);
        }
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end();
  });
}

function commandEnvironment(
  config: CommandCredentialConfig,
  env: Readonly<Record<string, string | undefined>>,
): NodeJS.ProcessEnv {
  const names = ['PATH', ...config.passEnv];
  return Object.fromEntries(
    names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const])),
  );
}

function commandFailed(
  program: string,
  timeoutMs: number,
  error: { readonly code?: unknown; readonly killed?: boolean; readonly signal?: unknown },
): CredentialError {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return new CredentialError(
      'ERR_CREDENTIALS_COMMAND',
      `credential command ${program} wrote more than ${MAX_SECRET_BYTES} bytes`,
    );
  }
  if (error.killed === true) {
    return new CredentialError(
      'ERR_CREDENTIALS_TIMEOUT',
      `credential command ${program} did not end within ${timeoutMs} ms and was killed`,
    );
  }
  return new CredentialError(
    'ERR_CREDENTIALS_COMMAND',
    `credential command ${program} failed: ${howItEnded(error)}`,
  );
}
