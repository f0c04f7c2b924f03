import { Command, CommanderError } from 'commander';
import { GatewayError } from '../model/gateway-error.ts';
import { VERSION } from '../version.ts';
import { type CliContext, type CliIo } from './command.ts';
import { commands } from './commands/index.ts';

/** Exit code of a command that was called wrongly or could not run. */
export const EXIT_TROUBLE = 2;

/**
 * Runs one command line (`argv` without `node` and script) and resolves to its exit code: 0 is well, 1 is "no" (a check
 * failed), 2 is trouble (wrong usage, unreadable files). Writes to `io` only and never ends the process.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let exitCode = 0;
  const context: CliContext = {
    io,
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  try {
    const program = await createProgram(argv, context);
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error, io);
  }
}

/** Loads only the command that is asked for; the others appear in the help by name and summary. */
async function createProgram(argv: readonly string[], context: CliContext): Promise<Command> {
  const program = quiet(new Command('sallyport'), context)
    .description('Policy as code on the data path of autonomous agents.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpCommand(false);
  const named = argv.find((argument) => !argument.startsWith('-'));
  for (const entry of commands) {
    const command = quiet(program.command(entry.name), context).description(entry.summary);
    if (entry.name === named) {
      const setup = await entry.load();
      setup(command, context);
      command.commands.forEach((child) => quiet(child, context));
    }
  }
  return program;
}

/** Makes a command throw instead of ending the process, and write to the given streams. */
function quiet(command: Command, { io }: CliContext): Command {
  return command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
  });
}

function exitCodeOf(error: unknown, io: CliIo): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? 0 : EXIT_TROUBLE;
  }
  if (error instanceof GatewayError) {
    io.stderr.write(`sallyport: ${error.message} (${error.code})\n`);
    return EXIT_TROUBLE;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.stderr.write(`sallyport: internal error: ${text}\n`);
  return EXIT_TROUBLE;
}
