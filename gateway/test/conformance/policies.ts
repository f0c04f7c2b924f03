/** The policy of each obligation: everything is permitted but `forbidden`, and what the obligation asks of its target. */
import { APPROVERS } from '../support/approver.ts';
import { BYTE_LIMIT, CHANGE_LIMIT, type ObligationName, RATE, ROW_LIMIT, type Target } from './driver.ts';
import { QUARANTINE_AFTER } from './obligations/runs.ts';

/** How a protocol writes rules. */
export interface PolicyForm {
  /** The header and the rules that hold whatever the obligation. */
  readonly base: string;
  /** Column pattern of the words of `masked`. */
  readonly maskedColumn: string;
  /** Rules that allow a target, whatever way it is asked for, with an obligation: `limits: { rows: 10 }`. Their ids begin with `id`. */
  allow(id: string, target: Target, obligation: string): string;
}

/** Policy files by obligation. */
export function policiesOf(form: PolicyForm): Readonly<Record<ObligationName, string>> {
  const { base, maskedColumn } = form;
  const allow = (id: string, target: Target, obligation: string): string =>
    base + form.allow(id, target, obligation);
  const approval = (within: string): string =>
    allow('approve-held', 'held', `approval: { by: [${APPROVERS}], within: ${within}, wait: 0s }`);
  return {
    permit: base,
    deny: base,
    record: base,
    recording: base,
    kill: base,
    expiry: base,
    'mask by column': allow('mask-word', 'masked', `mask: [{ columns: ["${maskedColumn}"], with: redact }]`),
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
    quarantine: `${base}repeats: { after: 2, quarantine: { after: ${QUARANTINE_AFTER}, for: 10m } }\n`,
  };
}
