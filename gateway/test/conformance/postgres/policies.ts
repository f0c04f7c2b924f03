/** The policy of each obligation: everything is permitted but `t_forbidden`, and one rule more. */
import { APPROVERS } from '../../support/approver.ts';
import { BYTE_LIMIT, CHANGE_LIMIT, type ObligationName, RATE, ROW_LIMIT, type Target } from '../driver.ts';
import { QUARANTINE_AFTER } from '../obligations/runs.ts';

const BASE = `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: no-forbidden, effect: deny, on: sql, match: { tables: [public.t_forbidden] }, message: Ask for another table. }
  - { id: no-forbidden-function, effect: deny, on: sql, match: { functions: [public.read_forbidden] }, message: Ask for another table. }
  - { id: everything, effect: allow, on: sql, match: { groups: [agents] } }
`;

/** An allow rule covers what has no table at all, too; the condition keeps it to its target. */
function rules(id: string, target: Target, obligation: string): string {
  const rule = (name: string, match: string, when: string): string =>
    `  - { id: ${name}, effect: allow, on: sql, match: { ${match} }, when: "${when}", ${obligation} }\n`;
  const table = `public.t_${target}`;
  const reader = `public.read_${target}`;
  return (
    BASE +
    rule(id, `tables: [${table}]`, `'${table}' in sql.tables`) +
    rule(`${id}-function`, `functions: [${reader}]`, `'${reader}' in sql.functions`)
  );
}

const approval = (within: string): string =>
  rules('approve-held', 'held', `approval: { by: [${APPROVERS}], within: ${within}, wait: 0s }`);

/** Policy files by obligation. */
export const POLICIES: Readonly<Record<ObligationName, string>> = {
  permit: BASE,
  deny: BASE,
  record: BASE,
  recording: BASE,
  kill: BASE,
  expiry: BASE,
  'mask by column': rules('mask-word', 'masked', 'mask: [{ columns: [public.t_masked.word], with: redact }]'),
  'mask by detector': rules('mask-mail', 'detected', 'mask: [{ detect: [email], with: redact }]'),
  'rows limit': rules('limit-many', 'many', `limits: { rows: ${ROW_LIMIT} }`),
  'bytes limit': rules('limit-large', 'large', `limits: { bytes: ${BYTE_LIMIT} }`),
  'affected rows': rules('limit-many', 'many', `limits: { affectedRows: ${CHANGE_LIMIT} }`),
  timeout: rules('limit-slow', 'slow', 'limits: { timeout: 300ms }'),
  'statements a minute': rules('limit-metered', 'metered', `limits: { statementsPerMinute: ${RATE} }`),
  'approval granted': approval('15m'),
  'approval pending': approval('15m'),
  'approval denied': approval('15m'),
  'approval expired': approval('1s'),
  quarantine: `${BASE}repeats: { after: 2, quarantine: { after: ${QUARANTINE_AFTER}, for: 10m } }\n`,
};
