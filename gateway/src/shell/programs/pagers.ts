import type { Argument } from '../arguments.ts';

/** Programs that hand their output to a pager where it goes to a terminal; pagers have a way to a shell. */
const PAGED: ReadonlySet<string> = new Set(
  'git systemctl journalctl loginctl timedatectl hostnamectl localectl networkctl resolvectl coredumpctl systemd-analyze aws gh glab bat delta'.split(
    ' ',
  ),
);

/** What a program may start on a terminal, beside what its arguments say. */
export function pagerOf(name: string, args: readonly Argument[]): readonly string[] {
  if (!PAGED.has(name)) return [];
  const isOff = args.some(({ text }) => text === '--no-pager' || text === '--no-cli-pager');
  return isOff ? [] : [`escape:${name}`];
}
