/** What a request would do, found out before people are asked whether it may. */
import type { PreviewMode, RowPreview } from '../model/approval.ts';
import type { AuditLog } from '../model/audit-event.ts';
import type { PermitDecision } from '../model/decision.ts';
import { takePreviewMint } from './preview-permit.ts';
import type { Execution } from './verdict.ts';

const mint = takePreviewMint();

/** Where the protocol can preview and the rules allow it: asks for the rows. The record comes first (P4). Never rejects. */
export function previewOf(
  execution: Execution,
  decision: PermitDecision,
  audit: AuditLog,
): (() => Promise<RowPreview>) | undefined {
  const { preview, access, verdict } = execution;
  const mode = previewMode(decision);
  if (preview === undefined || mode === 'none') return undefined;
  return async () => {
    try {
      const { sessionId: session } = access.context;
      const { name: resource } = access.resource;
      const summary = access.facts.statements[0]?.summary ?? access.facts.action;
      await audit.append(
        [{ type: 'approval.preview', session, decision: verdict.id, resource, summary, mode }],
        'synced',
      );
      return await preview(mint(mode));
    } catch {
      return { unavailable: 'it could not be asked of the resource' };
    }
  };
}

/** The strictest of all rules that want approval: each has to allow that the statement is run. */
function previewMode({ obligations }: PermitDecision): PreviewMode | 'none' {
  const asked = obligations.flatMap((one) => (one.kind === 'approval' ? [one.preview ?? 'estimate'] : []));
  if (asked.includes('none')) return 'none';
  return asked.every((mode) => mode === 'exact') ? 'exact' : 'estimate';
}
