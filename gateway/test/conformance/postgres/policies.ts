/** Rules for targets of the PostgreSQL driver: tables `t_<target>`, and functions that read them. */
import { policiesOf } from '../policies.ts';

/** Policy files by obligation. */
export const POLICIES: ReturnType<typeof policiesOf> = policiesOf({
  base: `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: no-forbidden, effect: deny, on: sql, match: { tables: [public.t_forbidden] }, message: Ask for another table. }
  - { id: no-forbidden-function, effect: deny, on: sql, match: { functions: [public.read_forbidden] }, message: Ask for another table. }
  - { id: everything, effect: allow, on: sql, match: { groups: [agents] } }
`,
  maskedColumn: 'public.t_masked.word',
  /** An allow rule covers what has no table at all, too; the condition keeps it to its target. */
  allow(id, target, obligation) {
    const rule = (name: string, match: string, when: string): string =>
      `  - { id: ${name}, effect: allow, on: sql, match: { ${match} }, when: "${when}", ${obligation} }\n`;
    const table = `public.t_${target}`;
    const reader = `public.read_${target}`;
    return (
      rule(id, `tables: [${table}]`, `'${table}' in sql.tables`) +
      rule(`${id}-function`, `functions: [${reader}]`, `'${reader}' in sql.functions`)
    );
  },
});
