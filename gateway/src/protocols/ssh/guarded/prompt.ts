/** The prompt of a guarded shell. A client may set its own, as tools that wait for one do; it is text, and nothing in it runs. Pure. */

/** What a prompt may tell. */
export interface PromptScene {
  readonly account: string;
  readonly resource: string;
  readonly folder: string | undefined;
  readonly home: string | undefined;
}

/** The prompts unless a client sets others (XCU 2.5.3: PS1, PS2). */
export const DEFAULT_PROMPTS = { first: '\\u@\\h:\\w\\$ ', second: '> ' } as const;

const LONGEST = 256;

/** Expands the escapes of bash that are told here; others, colours among them, are left out. */
export function promptText(format: string, { account, resource, folder, home }: PromptScene): string {
  const path = folder === undefined ? '~' : shorten(folder, home);
  const values: Readonly<Record<string, string>> = {
    u: account,
    h: resource,
    H: resource,
    w: path,
    W: path.slice(path.lastIndexOf('/') + 1) || '/',
    $: '$',
    '\\': '\\',
    s: 'sh',
  };
  return format
    .slice(0, LONGEST)
    .replace(/(?:\u001b|\\e|\\033)\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/\\(?:[0-7]{3}|([\s\S]))/g, (_, letter: string | undefined) => values[letter ?? ''] ?? '')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '');
}

function shorten(folder: string, home: string | undefined): string {
  if (home === undefined || (folder !== home && !folder.startsWith(`${home}/`))) return folder;
  return `~${folder.slice(home.length)}`;
}
