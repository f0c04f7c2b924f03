/** What the run of the agent must have shown, by protocol. */
import { expect } from 'vitest';

/** 5 to 7: the same over HTTP, and what arrived at the service. */
export function checkHttpSteps(output: string): void {
  const text = output.replaceAll(/\n {13}/gu, ' ');
  expect(text).toMatch(
    /Action: +GET \/customers\/173\nObservation: 200 \{ "id": 173, "full_name": "Lena Ironside", "email": "l\*\*\*@\*\*\*\.net", "phone": "\*\*\*87"/u,
  );
  expect(text).toContain('"national_id": "[redacted]", "card_number": "***26"');
  expect(text).toContain('"contact": "l***@***.net", "number": "***26"');
  for (const action of [
    'GET /customers\\?email=lena',
    'DELETE /customers/173',
    'POST /graphql \\{"query":"mutation',
  ]) {
    expect(text).toMatch(new RegExp(`Action: +${action}.*\nObservation: POLICY_DENIED \\[dec_`, 'u'));
  }
  expect(text).toMatch(
    /DELETE \/customers\/\{…\}: denied by rule nothing-is-deleted\. Customers are deleted by/u,
  );
  const [, id = 'none'] =
    /"amount":340\.66,.*\nObservation: APPROVAL_PENDING \[(apr_[\w-]+)\]/u.exec(text) ?? [];
  expect(text).toMatch(
    new RegExp(
      `approves ${id} [^]*\\(the same again\\)\nObservation: 201 \\{ "id": 2, "order_id": 1699`,
      'u',
    ),
  );
  expect(text).toMatch(/1699 +25\.00 +Parcel is late\s+1699 +340\.66 +Parcel is lost/u);
  const arrived = /The service has received from the gateway:\n(?<lines>(?: {2}.*\n)+)/u.exec(output)
    ?.groups?.['lines'];
  expect(
    arrived
      ?.trimEnd()
      .split('\n')
      .map((line) => line.trim().split(' ').slice(0, 2).join(' ')),
  ).toEqual(['GET /customers/173', 'POST /graphql', 'POST /refunds', 'POST /refunds']);
}

/** 8 and 9: the machine, and what arrived there. */
export function checkSshSteps(output: string): void {
  const text = output.replaceAll(/\n {13}/gu, ' ');
  expect(text).toMatch(
    /Action: +\$ grep order=1699 logs\/app\.log\nObservation: .*mail to l\*\*\*@\*\*\*\.net bounced/u,
  );
  expect(text).toContain('to card ***9023');
  expect(text).toMatch(
    /\$ cat config\/shop\.env\nObservation: POLICY_DENIED \[dec_\w+\] .*by rule secrets-stay/u,
  );
  expect(text).toMatch(
    /\$ rm -rf releases\nObservation: POLICY_DENIED .*as in rm -r releases\/2026-01-31\./u,
  );
  expect(text).toMatch(/\$ rm -r releases\/2026-08-14\nObservation: \(no output\)/u);
  expect(output).not.toContain('sk_live_');
  expect(output).toContain(
    "The machine has run for the gateway:\n  'grep' 'order=1699' 'logs/app.log'\n  'rm' '-r' 'releases/2026-08-14'\n  'ls' 'releases'\n",
  );
}
