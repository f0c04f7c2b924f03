/** The policy of each obligation: everything is permitted but `forbidden`, and one rule more for each way to name its target. */
import { APPROVERS } from '../../support/approver.ts';
import { BYTE_LIMIT, CHANGE_LIMIT, type ObligationName, RATE, ROW_LIMIT, type Target } from '../driver.ts';
import { QUARANTINE_AFTER } from '../obligations/runs.ts';

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

const BASE = `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: http, match: { groups: [agents] } }
${rules('no-forbidden', 'forbidden', 'effect: deny, message: Ask for something else.')}`;

const allow = (id: string, target: Target, obligation: string): string =>
  BASE + rules(id, target, `effect: allow, ${obligation}`);

const approval = (within: string): string =>
  allow('approve-held', 'held', `approval: { by: [${APPROVERS}], within: ${within}, wait: 0s }`);

/** Policy files by obligation. */
export const POLICIES: Readonly<Record<ObligationName, string>> = {
  permit: BASE,
  deny: BASE,
  record: BASE,
  recording: BASE,
  kill: BASE,
  expiry: BASE,
  'mask by column': allow('mask-word', 'masked', 'mask: [{ columns: ["*.word"], with: redact }]'),
  'mask by detector': allow('mask-mail', 'detected', 'mask: [{ detect: [email], with: redact }]'),
  'rows limit': allow('limit-many', 'many', `limits: { rows: ${ROW_LIMIT} }`),
  'affected rows': allow('limit-many', 'many', `limits: { affectedRows: ${CHANGE_LIMIT} }`),
  'bytes limit': allow('limit-large', 'large', `limits: { bytes: ${BYTE_LIMIT} }`),
  timeout: allow('limit-slow', 'slow', 'limits: { timeout: 300ms }'),
  'statements a minute': allow('limit-metered', 'metered', `limits: { statementsPerMinute: ${RATE} }`),
  'approval granted': approval('15m'),
  'approval pending': approval('15m'),
  'approval denied': approval('15m'),
  'approval expired': approval('1s'),
  quarantine: `${BASE}repeats: { after: 2, quarantine: { after: ${QUARANTINE_AFTER}, for: 10m } }\n`,
};
