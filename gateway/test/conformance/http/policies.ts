/** Rules for targets of the HTTP driver. */
import type { Target } from '../driver.ts';
import { policiesOf } from '../policies.ts';

interface Way {
  readonly name: string;
  match(target: Target): string;
  when?(target: Target): string;
}

/** By path, query, body, form, GraphQL and JSON-RPC: a request names its target in one of them. */
const WAYS: readonly Way[] = [
  { name: 'path', match: (target) => `paths: ["/*/${target}"]` },
  { name: 'query', match: () => 'paths: [/search]', when: (target) => `'${target}' in http.query.target` },
  { name: 'body', match: () => 'paths: [/ask]', when: (target) => `http.body.target == '${target}'` },
  { name: 'form', match: () => 'paths: [/form]', when: (target) => `'${target}' in http.form.target` },
  { name: 'graphql', match: (target) => `graphql: ["*.${target}"]` },
  { name: 'rpc', match: (target) => `rpc: [read.${target}]` },
];

function rules(id: string, target: Target, how: string): string {
  return WAYS.map(({ name, match, when }) => {
    const condition = when === undefined ? '' : `, when: "${when(target)}"`;
    return `  - { id: ${id}-${name}, on: http, match: { ${match(target)} }${condition}, ${how} }\n`;
  }).join('');
}

/** Policy files by obligation. */
export const POLICIES: ReturnType<typeof policiesOf> = policiesOf({
  base: `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: http, match: { groups: [agents] } }
${rules('no-forbidden', 'forbidden', 'effect: deny, message: Ask for something else.')}`,
  maskedColumn: '*.word',
  allow: (id, target, obligation) => rules(id, target, `effect: allow, ${obligation}`),
});
