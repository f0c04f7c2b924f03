import { type Argument, endOfOptions } from '../arguments.ts';

/** Programs that hand their output to a pager where it goes to a terminal; pagers have a way to a shell. */
const PAGED =
  /^(?:git|aws|gcloud|gh|glab|bat|delta|dpkg-query|run0|systemd-.*|(?:system|journal|login|timedate|hostname|locale|network|resolve|coredump|machine|bus|boot|oom|userdb|home|portable|import|varlink|update)ctl)$/;

/** What a program may start on a terminal, beside what its arguments say. */
export function pagerOf(name: string, args: readonly Argument[]): readonly string[] {
  if (!PAGED.test(name)) return [];
  const isOff = name === 'git' ? isOffInGit(args) : isOffAmong(name, args);
  return isOff ? [] : [`escape:${name}`];
}

/** Parts of git that open an editor on a terminal. */
const EDITORS = /^(?:merge|pull|revert|cherry-pick|rebase|notes)$/;

/** In front of the part, and nowhere else. */
function isOffInGit(args: readonly Argument[]): boolean {
  let at = 1;
  let isOff = false;
  for (; args[at]?.text === '-C' || args[at]?.text === '--no-pager'; at += 1) {
    if (args[at]?.text === '-C') at += 1;
    else isOff = true;
  }
  const part = args[at]?.text;
  return isOff && part !== undefined && !part.startsWith('-') && !EDITORS.test(part);
}

/** Options that take no value, so that what follows is not theirs. */
const ALONE =
  /^-[abefklmnqrx]+$|^--(?:all|full|quiet|no-legend|system|user|utc|reverse|follow|no-hostname|plain|failed|recursive|now|force|dmesg|merge|list-boots|value|catalog)$/;

function isOffAmong(name: string, args: readonly Argument[]): boolean {
  const end = endOfOptions(args);
  const options = args.slice(0, end === -1 ? undefined : end);
  if (name === 'aws')
    return args.some(({ text }) => text === '--no-cli-pager') && !args.some(({ text }) => text === 'help');
  if (/^(?:gcloud|gh|glab|bat|delta)$/.test(name)) return false;
  // Help is shown at once, before what stands behind it is read.
  if (options.some(({ text }) => text === undefined || /^-[a-zA-Z]*h|^--h(?:e|el|elp)?$/.test(text)))
    return false;
  return options.some(({ text }, index) => {
    const before = index === 1 ? '' : (options[index - 1]?.text ?? '-');
    return (
      text === '--no-pager' &&
      index > 0 &&
      (!before.startsWith('-') || ALONE.test(before) || before.includes('='))
    );
  });
}
