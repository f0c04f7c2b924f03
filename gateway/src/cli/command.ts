import type { Command } from 'commander';

/** Where a command writes. `process` is one. */
export interface CliIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** What a command gets besides its arguments. */
export interface CliContext {
  readonly io: CliIo;
  /** Sets the exit code of the process; 0 unless it is called. */
  setExitCode(code: number): void;
}

/** Adds options, subcommands and an action to a command that has its name and summary already. */
export type CommandSetup = (command: Command, context: CliContext) => void;

/** One entry of the command list: what `--help` shows, and where the rest is loaded from when it is needed. */
export interface CliCommand {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandSetup>;
}
