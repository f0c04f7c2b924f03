/** Administration: policies, approvals, credentials, recordings, and the API. */
import type { AuditMark, AuditRecord } from '../../audit/record.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import { API_ACTIVITY, CLASSES, ENTITY, OTHER } from './classes.ts';
import type { RecordContext } from './context.ts';
import { type OcsfControl, type OcsfEvent, ocsfEvent, SEVERITY } from './event.ts';
import { actorOf, gatewayActor, type Person, sourceOf } from './people.ts';

/** What a change of something is told with. */
interface Change {
  readonly kind: string;
  readonly uid: string;
  readonly activity: number;
  readonly by?: Person | undefined;
  readonly session?: string | undefined;
  readonly message: string;
  readonly isDenied?: boolean;
  readonly control?: OcsfControl;
  readonly source?: string;
}

/** The event of such a record; what is of another type is a Base Event with the whole record. */
export function administrativeEvent(
  record: AuditRecord,
  event: AuditEvent | AuditMark,
  context: RecordContext,
): OcsfEvent {
  if (event.type === 'api.access') return apiEvent(record, event);
  const change = changeOf(event, context);
  if (change === undefined) {
    return ocsfEvent(record, {
      of: CLASSES.base,
      activity: OTHER,
      message: event.type,
      attributes: { actor: gatewayActor() },
    });
  }
  const { kind, uid, activity, by, session, message, isDenied, control, source } = change;
  return ocsfEvent(record, {
    of: CLASSES.entity,
    activity,
    severity: isDenied ? SEVERITY.medium : SEVERITY.informational,
    status: isDenied ? 'failure' : 'success',
    message,
    correlation: uid,
    control,
    attributes: {
      entity: { uid, name: uid, type: kind },
      actor: actorOf(by, session),
      src_endpoint: source === undefined ? undefined : sourceOf(source),
    },
  });
}

function apiEvent(record: AuditRecord, event: Extract<AuditEvent, { type: 'api.access' }>): OcsfEvent {
  const { principal, sourceAddress, method, route, outcome } = event;
  return ocsfEvent(record, {
    of: CLASSES.api,
    activity: API_ACTIVITY[method] ?? OTHER,
    severity: outcome === 'deny' ? SEVERITY.low : SEVERITY.informational,
    status: outcome === 'deny' ? 'failure' : 'success',
    message: `${method} ${route}`,
    control: { effect: outcome, rules: [] },
    attributes: {
      actor: actorOf(principal),
      src_endpoint: sourceOf(sourceAddress),
      api: { operation: `${method} ${route}`, service: { name: 'Sallyport' } },
    },
  });
}

function changeOf(event: AuditEvent | AuditMark, context: RecordContext): Change | undefined {
  const { type } = event;
  if (type.startsWith('policy.')) return policyChange(event);
  if (type.startsWith('access.')) return accessChange(event);
  if (type.startsWith('approval.')) return approvalChange(event, context);
  if (type.startsWith('credential.')) return credentialChange(event);
  return sessionChange(event, context);
}

function policyChange(event: AuditEvent | AuditMark): Change | undefined {
  if (event.type === 'policy.loaded') {
    const { hash: uid } = event.policy;
    return { kind: 'Policy', uid, activity: ENTITY.update, message: `${event.rules} rules took effect` };
  }
  if (event.type !== 'policy.rejected') return undefined;
  const { hash: uid } = event.kept;
  return {
    kind: 'Policy',
    uid,
    activity: ENTITY.update,
    message: 'a policy was refused; the one before stays',
    isDenied: true,
  };
}

const ACCESS_ACTIVITY: Readonly<Record<string, number>> = {
  'access.requested': ENTITY.create,
  'access.granted': ENTITY.activate,
  'access.ended': ENTITY.deactivate,
  'access.revoked': ENTITY.deactivate,
};

function accessChange(event: AuditEvent | AuditMark): Change | undefined {
  if (!('access' in event)) return undefined;
  const { access: uid, type } = event;
  const by = 'requester' in event ? event.requester : 'approver' in event ? event.approver : undefined;
  const isDenied = 'verdict' in event && event.verdict === 'deny';
  const activity = ACCESS_ACTIVITY[type] ?? ENTITY.update;
  return { kind: 'Access window', uid, activity, by, message: type, isDenied };
}

function approvalChange(event: AuditEvent | AuditMark, context: RecordContext): Change | undefined {
  const kind = 'Approval';
  switch (event.type) {
    case 'approval.requested': {
      const { approval: uid, requester: by, session, summary: message } = event;
      return { kind, uid, activity: ENTITY.create, by, session, message };
    }
    case 'approval.answered': {
      const { approval: uid, approver: by, verdict: message } = event;
      return { kind, uid, activity: ENTITY.update, by, message, isDenied: message === 'deny' };
    }
    case 'approval.granted':
      return { kind, uid: event.approval, activity: ENTITY.activate, message: 'granted' };
    case 'approval.consumed': {
      const { approval: uid, session } = event;
      const by = context.session(session)?.principal;
      return { kind, uid, activity: ENTITY.update, by, session, message: 'the grant was used' };
    }
    case 'approval.expired':
      return { kind, uid: event.approval, activity: ENTITY.deactivate, message: 'expired' };
    case 'approval.voided': {
      const { approval: uid, by, reason: message } = event;
      return { kind, uid, activity: ENTITY.deactivate, by, message };
    }
    case 'approval.preview': {
      const { decision: uid, session, summary, mode } = event;
      const by = context.session(session)?.principal;
      return { kind, uid, activity: ENTITY.read, by, session, message: `preview (${mode}): ${summary}` };
    }
    default:
      return undefined;
  }
}

function credentialChange(event: AuditEvent | AuditMark): Change | undefined {
  const kind = 'Session credential';
  switch (event.type) {
    case 'credential.issued':
    case 'credential.denied': {
      const { principal: by, sourceAddress: source, resource, rules, policy } = event;
      const isDenied = event.type === 'credential.denied';
      const uid = isDenied ? event.decision : event.credential;
      const control: OcsfControl = { effect: isDenied ? 'deny' : 'permit', rules, policy };
      const message = `for ${resource}`;
      return { kind, uid, activity: ENTITY.create, by, source, isDenied, control, message };
    }
    case 'credential.revoked': {
      const { credential: uid, principal: by, sourceAddress: source } = event;
      return { kind, uid, activity: ENTITY.delete, by, source, message: 'revoked' };
    }
    case 'credential.used': {
      const { credential: uid, session, sourceAddress: source } = event;
      return { kind, uid, activity: ENTITY.read, session, source, message: 'used' };
    }
    default:
      return undefined;
  }
}

const RECORDING_ACTIVITY: Readonly<Record<string, number>> = {
  'recording.mark': ENTITY.update,
  'recording.closed': ENTITY.update,
  'recording.failed': ENTITY.update,
  'recording.deleted': ENTITY.delete,
};

function sessionChange(event: AuditEvent | AuditMark, context: RecordContext): Change | undefined {
  if (!('session' in event)) return undefined;
  const { session, type } = event;
  const by = context.session(session)?.principal;
  const activity = RECORDING_ACTIVITY[type];
  if (activity !== undefined)
    return { kind: 'Recording', uid: session, activity, by, session, message: type };
  if (type !== 'session.regrouped') return undefined;
  const { effect, rules, policy } = event;
  const control: OcsfControl = { effect, rules, policy };
  const isDenied = effect === 'deny';
  const message = 'the groups of its principal changed';
  return { kind: 'Session', uid: session, activity: ENTITY.update, by, session, message, isDenied, control };
}
