/** SSH's ways to ask: commands that read a file of a target, and some that write one. */
import { type Connection, EVERY_TARGET, type Feature, ROWS, type Target } from '../driver.ts';
import { SshTestConnection } from './ssh-connection.ts';

function ours(connection: Connection): SshTestConnection {
  if (!(connection instanceof SshTestConnection)) throw new TypeError('not a connection of SSH');
  return connection;
}

/** Output has no columns. */
const TEXT = { refusesMasks: 'columns' } as const;

/** Reads the file of a target. */
function reading(name: string, command: (file: string) => string, input?: string): Feature {
  return {
    ...TEXT,
    name,
    delivery: 'rows',
    carries: EVERY_TARGET,
    ask: (connection, target) => ours(connection).run(command(ours(connection).files.of(target)), input),
    hold: (connection) => ours(connection).leave(command(ours(connection).files.of('slow'))),
  };
}

/** Writes into a folder of a target. */
function storing(
  name: string,
  carries: readonly Target[],
  ask: (connection: SshTestConnection, file: string) => ReturnType<SshTestConnection['run']>,
): Feature {
  return {
    ...TEXT,
    name,
    delivery: 'stored',
    carries,
    ask: (connection, target) => ask(ours(connection), ours(connection).files.storeOf(target)),
    hold: (connection) => ours(connection).leave(`cat ${ours(connection).files.of('slow')}`),
  };
}

const STORED: readonly Target[] = ['open', 'forbidden', 'masked', 'detected', 'metered'];
const ROWS_STORED = Array.from({ length: ROWS }, (_, index) => `row-${index}`);

/** Commands (`exec`). Features of terminals and of files stand in files of their own. */
export const EXEC_FEATURES: readonly Feature[] = [
  reading('a command', (file) => `cat ${file}`),
  reading('a command with input', (file) => `cat ${file} -`, 'some input\n'),
  reading('a list of commands', (file) => `echo before; cat ${file}; echo after`),
  reading('a pipeline', (file) => `cat ${file} | cat`),
  reading('a redirection of input', (file) => `cat < ${file}`),
  reading('error output', (file) => `cat ${file} >&2`),
  reading('a substitution', (file) => `echo "$(cat ${file})"`),
  reading('a loop', (file) => `for i in 1; do cat ${file}; done`),
  reading('a subshell in the background', (file) => `(cat ${file}) & wait`),
  reading('env', (file) => `env LC_ALL=C cat ${file}`),
  reading('timeout', (file) => `timeout 60 cat ${file}`),
  reading('sh -c', (file) => `sh -c 'cat ${file}'`),
  reading('quotes and escapes', (file) => `c''at "${file.slice(0, 4)}"${file.slice(4)}`),
  storing('a redirection of output', [...STORED, 'held'], (connection, file) =>
    connection.run(`printf '%s\\n' ${ROWS_STORED.join(' ')} >> ${file}`),
  ),
  // What people approved is the command alone: it gets no input.
  storing('input into a file', STORED, (connection, file) =>
    connection.run(`tee ${file}`, `${ROWS_STORED.join('\n')}\n`),
  ),
  {
    ...reading('what nobody can see', (file) => `eval "cat ${file}"`),
    delivery: 'none',
    carries: ['open', 'forbidden'],
    neverPermitted: true,
    hold: (connection) => ours(connection).leave(`cat ${ours(connection).files.of('slow')}`),
  },
];
