/** Approvals over a real store, with an audit in memory and clocks that a test moves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { ApprovalAsk, ApprovalBinding, ApprovalGrounds } from '../../model/approval.ts';
import type { AuditEvent, AuditLog } from '../../model/audit-event.ts';
import type { ApprovalObligation } from '../../model/obligation.ts';
import type { Principal } from '../../model/principal.ts';
import { openStore, type Store } from '../../store/open-store.ts';
import { createLog } from '../../telemetry/log.ts';
import { type ApprovalsPlan, approvalsSchema } from '../config.ts';
import { type ApprovalServices, type OpenApprovals, openApprovals } from '../open-approvals.ts';
import { approvalSchema } from '../repository.ts';

const undo: (() => void)[] = [];

afterEach(() => {
  for (const one of undo.splice(0).toReversed()) one();
});

/** A place that approvals can be opened in again and again, as after a restart. */
export class ApprovalsSite {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'approvals-'));
  readonly events: AuditEvent[] = [];
  readonly logLines: string[] = [];
  wallMs: number = Date.UTC(2026, 10, 27);
  steadyMs: number = 1_000;
  auditFails: boolean = false;
  file: string = join(this.folder, 'state.sqlite');
  #store: Store | undefined;

  constructor() {
    undo.push(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Time passes, on both clocks. */
  pass(ms: number): void {
    this.wallMs += ms;
    this.steadyMs += ms;
  }

  /** Opens approvals; what was open before is as dead as after a crash. */
  async open(
    plan: Partial<ApprovalsPlan> = {},
    more: Partial<ApprovalServices> = {},
  ): Promise<OpenApprovals> {
    this.#store?.close();
    const store = openStore(this.file, [approvalSchema]);
    this.#store = store;
    const approvals = await this.#over(store, plan, more);
    undo.push(() => {
      approvals.close();
      if (this.#store === store) {
        store.close();
        this.#store = undefined;
      }
    });
    return approvals;
  }

  /** Opens approvals on the same store once more, beside what is open. */
  async openBeside(more: Partial<ApprovalServices> = {}): Promise<OpenApprovals> {
    const store = openStore(this.file, [approvalSchema]);
    const approvals = await this.#over(store, {}, more);
    undo.push(() => {
      approvals.close();
      store.close();
    });
    return approvals;
  }

  #over(store: Store, plan: Partial<ApprovalsPlan>, more: Partial<ApprovalServices>): Promise<OpenApprovals> {
    const log = createLog(
      'debug',
      (line) => this.logLines.push(line),
      () => this.wallMs,
    );
    const clocks = { wall: { nowMs: () => this.wallMs }, steady: { nowMs: () => this.steadyMs } };
    return openApprovals(
      { ...approvalsSchema.parse(undefined), ...plan },
      { store, audit: this.audit, clocks, log, ...more },
    );
  }

  readonly audit: AuditLog = {
    append: async (events, durability) => {
      if (this.auditFails) throw new Error('disk full');
      if (durability !== 'synced') throw new Error('approvals are synced');
      this.events.push(...events);
    },
    enqueue: (event) => void this.events.push(event),
  };

  /** Types of what is on record. */
  get types(): readonly string[] {
    return this.events.map(({ type }) => type.replace('approval.', ''));
  }
}

/** Somebody with a verified token. */
export function person(subject: string, groups: readonly string[], more: Partial<Principal> = {}): Principal {
  return {
    issuer: 'https://idp.example',
    subject,
    groups,
    delegation: [],
    tokenDigest: 'ab'.repeat(16),
    expiresAtMs: Date.UTC(2030, 0),
    ...more,
  };
}

/** What the claims bot of alice asks. */
export const BINDING: ApprovalBinding = {
  issuer: 'https://idp.example',
  subject: 'alice',
  agent: 'claims-bot',
  delegation: [],
  run: 'run-1',
  resource: 'shop',
  protocol: 'postgres',
  account: 'app_rw',
  target: 'shop',
  text: 'UPDATE orders SET total = $1 WHERE id = $2',
  parameters: [
    { type: 'numeric', value: '10.00' },
    { type: 'int4', value: '7' },
  ],
  settings: { search_path: 'public', role: 'app_rw' },
  objects: ['16384:public.orders'],
};

/** An obligation to have it approved. */
export function needs(by: readonly string[], more: Partial<ApprovalObligation> = {}): ApprovalObligation {
  return { kind: 'approval', rule: `by-${by.join('-')}`, by, count: 1, withinMs: 900_000, ...more };
}

/** What the policy says. */
export function groundsOf(
  obligations: ApprovalGrounds['obligations'],
  more: Partial<ApprovalGrounds> = {},
): ApprovalGrounds {
  return { rules: ['writes'], obligations, policy: { hash: 'cd'.repeat(32) }, ...more };
}

/** An ask, by default for the approval of one DBA. */
export function asking(
  binding: Partial<ApprovalBinding> = {},
  grounds: ApprovalGrounds | undefined | (() => ApprovalGrounds | undefined) = groundsOf([needs(['dba'])]),
): ApprovalAsk {
  return {
    binding: { ...BINDING, ...binding },
    grounds: typeof grounds === 'function' ? grounds : () => grounds,
    view: {
      summary: 'UPDATE on public.orders',
      text: 'UPDATE orders SET total = $1 WHERE id = $2',
      parameters: [
        { type: 'numeric', value: '10.00', sensitive: false },
        { type: 'int4', value: '7', sensitive: true },
      ],
    },
    session: 'ses_1',
    decision: 'dec_1_1',
  };
}
