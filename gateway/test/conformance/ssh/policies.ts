/** Rules for targets of the SSH driver: each is a folder of files. */
import type { ObligationName, Target } from '../driver.ts';
import { policiesOf } from '../policies.ts';

/** Policy files by obligation. @param root folder of the folders of targets */
export function sshPolicies(root: string): Readonly<Record<ObligationName, string>> {
  const rules = (id: string, target: Target, how: string): string =>
    ['reads', 'writes']
      .map((files) => {
        const match = `commands: [cat, head, printf, tee], ${files}: ["${root}/${target}/*"]`;
        const redirection = `kinds: [READ, WRITE], ${files}: ["${root}/${target}/*"]`;
        return `  - { id: ${id}-${files}, on: shell, match: { ${match} }, ${how} }
  - { id: ${id}-${files}-redirected, on: shell, match: { ${redirection} }, ${how} }\n`;
      })
      .join('');
  return policiesOf({
    base: `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: shell, match: { groups: [agents] } }
${rules('no-forbidden', 'forbidden', 'effect: deny, message: Ask for another file.')}`,
    maskedColumn: '*.word',
    allow: (id, target, obligation) => rules(id, target, `effect: allow, ${obligation}`),
  });
}
