import type { Command } from 'commander';
import { loadConfig } from '../config/load-config.ts';
import { CliError } from './errors.ts';

/** Options that name the data folder. */
export interface DataFolderOptions {
  readonly dataDir?: string;
  readonly config?: string;
}

/** Adds the options that name the data folder. */
export function dataFolderOptions(command: Command): Command {
  return command
    .option('-d, --data-dir <folder>', 'data folder of the gateway')
    .option('-c, --config <file>', 'config file that names the data folder');
}

/** The data folder that the options name. @throws CliError when they name none */
export async function dataFolderOf({ dataDir, config }: DataFolderOptions): Promise<string> {
  if (dataDir !== undefined) return dataDir;
  if (config === undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      'name the data folder by `--data-dir`, or the config file by `--config`',
    );
  }
  const { protocols } = await import('../protocols/index.ts');
  return (await loadConfig(config, protocols)).dataDir;
}
