/** Rules for targets of the RDP driver: each is the desktop of a machine of its own. */
import type { ObligationName } from '../driver.ts';
import { policiesOf } from '../policies.ts';
import { resourceOf } from './machines.ts';

/** Policy files by obligation. */
export const RDP_POLICIES: Readonly<Record<ObligationName, string>> = policiesOf({
  base: `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: rdp, match: { groups: [agents] } }
  - { id: no-forbidden, effect: deny, on: rdp, match: { resources: [${resourceOf('forbidden')}], operations: [VIEW] }, message: Ask for another desktop. }
`,
  maskedColumn: '*.word',
  allow: (id, target, obligation) =>
    `  - { id: ${id}, effect: allow, on: rdp, match: { resources: [${resourceOf(target)}], operations: [VIEW] }, ${obligation} }\n`,
});
