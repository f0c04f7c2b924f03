/** Finds out for approvers how many rows a statement of a session would change. */
import type { CredentialSource } from '../../credentials/credential-source.ts';
import type { PreviewPermit } from '../../enforcement/preview-permit.ts';
import type { RowPreview } from '../../model/approval.ts';
import type { Admitted } from './downstream/login.ts';
import { applicationName } from './facts/application-name.ts';
import type { StatementValues } from './facts/approval-ask.ts';
import { countsChanges } from './facts/bounded-changes.ts';
import type { Statement } from './facts/statement.ts';
import { MessageChannel } from './upstream/message-channel.ts';
import { PREVIEW_LIMITS, type PreviewedStatement, previewRows } from './upstream/preview/preview-query.ts';
import { connectUpstream } from './upstream.ts';

/** Longest time for all of it, in milliseconds. */
const PREVIEW_MS = 6_000;
/** Previews of a gateway at once (P10). */
const MOST_AT_ONCE = 4;

/** Kinds whose command tag is the rows of one table; MERGE and COPY are estimated, or not told. */
const EXACT_KINDS: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE']);
/** COPY has no plan, and EXECUTE names what another session does not have. */
const PLANNED_KINDS: ReadonlySet<string> = new Set([...EXACT_KINDS, 'MERGE']);

/** Says of a statement how many rows it would change. Never rejects. */
export type Previewer = (
  permit: PreviewPermit,
  statement: Statement,
  values: StatementValues,
  settings: Readonly<Record<string, string>>,
) => Promise<RowPreview>;

/** How many previews run in the process. */
export class PreviewSlots {
  taken = 0;
}

/** What a preview is dialled with: as the session itself was. */
export interface PreviewSession {
  readonly admitted: Admitted;
  readonly credential: CredentialSource;
  readonly settings: ReadonlyMap<string, string>;
  readonly slots: PreviewSlots;
}

/** Makes what previews statements of one session, each on a connection of its own. */
export function createPreviewer(session: PreviewSession): Previewer {
  const { slots } = session;
  return async (permit, statement, values, settings) => {
    const asked = previewed(statement, values, settings);
    if (typeof asked === 'string') return { unavailable: asked };
    if (permit.mode === 'exact' && !EXACT_KINDS.has(statement.infos[0]?.kind ?? ''))
      return { unavailable: 'only one INSERT, UPDATE or DELETE is counted by running it' };
    if (slots.taken >= MOST_AT_ONCE) return { unavailable: 'too many previews run at once' };
    slots.taken += 1;
    try {
      return await dialAndAsk(permit, session, asked);
    } catch {
      return { unavailable: 'it could not be asked of the server' };
    } finally {
      slots.taken -= 1;
    }
  };
}

/** The statement as it is asked; a text says why it is not. Nothing is planned that calls functions off the safe list. */
function previewed(
  statement: Statement,
  { values, formats }: StatementValues,
  settings: Readonly<Record<string, string>>,
): PreviewedStatement | string {
  const [info] = statement.infos;
  const [facts] = statement.facts.statements;
  if (info === undefined || facts === undefined || statement.infos.length > 1)
    return 'a text of several statements is not planned';
  if (!countsChanges(facts) || !PLANNED_KINDS.has(info.kind))
    return 'it is not one write that can be planned';
  // A reset is a value that the gateway does not know, and the list is cut where it is long.
  if (Object.entries(settings).some(([name, value]) => name.startsWith('(') || value.startsWith('(reset')))
    return 'the session has settings that cannot be repeated';
  const { start, end } = info.location;
  const { parameterTypes } = statement;
  return {
    text: statement.sentAs?.text ?? statement.text.slice(start, end),
    parameterTypes,
    values,
    formats,
    settings,
  };
}

async function dialAndAsk(
  permit: PreviewPermit,
  { admitted, credential, settings }: PreviewSession,
  asked: PreviewedStatement,
): Promise<RowPreview> {
  const { subject, resource, database } = admitted;
  const signal = AbortSignal.timeout(PREVIEW_MS);
  const { socket, leftover } = await connectUpstream({
    resource: resource.config,
    account: subject.account,
    database,
    startupParameters: settings,
    applicationName: applicationName(subject.id, 'preview'),
    credential,
    signal,
    minor: 0,
  });
  const end = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    if (leftover.length > 0) return { unavailable: 'the server was not idle' };
    const channel = new MessageChannel(socket);
    channel.allow(PREVIEW_LIMITS);
    return await previewRows(channel, asked, permit.mode);
  } finally {
    signal.removeEventListener('abort', end);
    // What was sent last is a ROLLBACK; a connection that is cut rolls back as well.
    socket.end();
    setTimeout(end, 1_000).unref();
  }
}
