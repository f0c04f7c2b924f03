/**
 * A server outlives its parent, so something must stop it after a `kill -9` of ours. A shell waits at the end of a
 * pipe: it learns of our death from the kernel, whatever the cause, and costs one small process.
 */
import { spawn } from 'node:child_process';
import { CHILD_ENVIRONMENT, type SystemUser } from './postgres/system-user.ts';

/** Told what runs; acts only when this process is gone or says goodbye. */
export interface Watcher {
  /** From now on `pid` has to end when we do. */
  watch(pid: number): void;
  /** The watched process has ended: its pid may soon belong to somebody else. */
  forget(): void;
  /** Nothing left to watch: removes the folder, if it was given one, and resolves when it is gone. */
  dismiss(): Promise<void>;
}

// SIGINT is PostgreSQL's fast shutdown, and an ordered stop for most others. The traps keep a Ctrl-C meant for the parent from ending the watcher.
const SCRIPT = `
trap '' INT TERM HUP QUIT
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  kill -INT "$pid" 2>/dev/null
  turns=0
  while kill -0 "$pid" 2>/dev/null && [ "$turns" -lt 100 ]; do sleep 0.1; turns=$((turns + 1)); done
  kill -QUIT "$pid" 2>/dev/null && sleep 1
  kill -KILL "$pid" 2>/dev/null
fi
if [ -n "$1" ]; then rm -rf -- "$1"; fi
`;

/** Starts a watcher, as `user` where one is given; `folder`, if given, is removed at the end and must be that user's. */
export function startWatcher(user?: SystemUser, folder?: string): Watcher {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'sallyport-watcher', folder ?? ''], {
    ...user,
    cwd: '/',
    env: { ...CHILD_ENVIRONMENT },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve());
    shell.once('error', () => resolve());
  });
  // Somebody may have killed the watcher; that must not take us along.
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return {
    watch: (pid) => void shell.stdin.write(`${pid}\n`),
    forget: () => void shell.stdin.write('\n'),
    dismiss: async () => {
      shell.ref();
      shell.stdin.end();
      await ended;
    },
  };
}
