import { parseDurationMs } from '../policy/duration.ts';
import { CliError } from './errors.ts';
import { printable } from './printable.ts';

/** Whole seconds of a time such as `15m`. @throws CliError for none, or less than one */
export function secondsOf(text: string, option: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms >= 1_000) return Math.floor(ms / 1_000);
  throw new CliError(
    'ERR_CLI_USAGE',
    `\`${option}\` wants a time such as \`15m\` or \`8h\`, got \`${printable(text, 40)}\``,
  );
}
