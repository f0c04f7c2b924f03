/** A record of the audit as an OCSF event. Pure; docs/audit-streaming.md has the table. */
import type { AuditMark, AuditRecord } from '../../audit/record.ts';
import type { AuditEvent, FindingRaised } from '../../model/audit-event.ts';
import { administrativeEvent } from './administration.ts';
import { CLASSES, FINDING, LIFECYCLE, LOGON, OTHER, TRAFFIC } from './classes.ts';
import type { RecordContext } from './context.ts';
import { type OcsfEvent, ocsfEvent, SEVERITY } from './event.ts';
import { intentEvent, outcomeEvent } from './exchanges.ts';
import { actorOf, gatewayActor, resourceEndpoint, sourceOf, userOf } from './people.ts';

const APP = { name: 'Sallyport', vendor_name: 'Sallyport' };

/** The event of a record; `undefined` for marks that the log makes for its own chain. */
export function toOcsf(record: AuditRecord, context: RecordContext): OcsfEvent | undefined {
  const { event } = record;
  switch (event.type) {
    case 'audit.segment':
    case 'audit.checkpoint':
      return undefined;
    case 'exchange.intent':
      return intentEvent(record, event, context.session(event.session));
    case 'exchange.outcome': {
      const session = context.session(event.session);
      return outcomeEvent(record, event, { intent: context.intent(event.exchange), session });
    }
    default:
      return presence(record, event, context) ?? administrativeEvent(record, event, context);
  }
}

/** Who came and went, of people and of the gateway itself. */
function presence(
  record: AuditRecord,
  event: AuditEvent | AuditMark,
  context: RecordContext,
): OcsfEvent | undefined {
  switch (event.type) {
    case 'gateway.started':
    case 'gateway.stopped': {
      const isStart = event.type === 'gateway.started';
      return ocsfEvent(record, {
        of: CLASSES.lifecycle,
        activity: isStart ? LIFECYCLE.start : LIFECYCLE.stop,
        status: 'success',
        message: isStart ? 'the gateway serves' : `the gateway stopped: ${event.reason}`,
        attributes: { app: APP },
      });
    }
    case 'session.opened': {
      const { principal, resource, protocol, sourceAddress, session } = event;
      return ocsfEvent(record, {
        of: CLASSES.authentication,
        activity: LOGON.logon,
        status: 'success',
        message: `session on ${resource}`,
        correlation: session,
        attributes: {
          user: userOf(principal),
          actor: actorOf(principal, session),
          src_endpoint: sourceOf(sourceAddress),
          dst_endpoint: resourceEndpoint(resource, protocol),
          service: { name: resource },
        },
      });
    }
    case 'session.closed': {
      const opened = context.session(event.session);
      return ocsfEvent(record, {
        of: CLASSES.authentication,
        activity: LOGON.logoff,
        status: 'success',
        message: `session ended: ${event.reason}`,
        correlation: event.session,
        attributes: {
          user: opened === undefined ? { name: 'unknown' } : userOf(opened.principal),
          actor: actorOf(opened?.principal, event.session),
          service: { name: opened?.resource ?? 'unknown' },
        },
      });
    }
    default:
      return refused(record, event);
  }
}

/** Who did not get in. */
function refused(record: AuditRecord, event: AuditEvent | AuditMark): OcsfEvent | undefined {
  switch (event.type) {
    case 'authentication.failed':
    case 'authentication.throttled':
      return ocsfEvent(record, {
        of: CLASSES.authentication,
        activity: LOGON.logon,
        severity: SEVERITY.medium,
        status: 'failure',
        message: event.type === 'authentication.failed' ? event.message : 'authentication is throttled',
        attributes: {
          // What a client claims is no name (P11).
          user: { name: 'unknown' },
          src_endpoint: sourceOf(event.sourceAddress),
          service: { name: event.type === 'authentication.failed' ? event.protocol : 'Sallyport' },
        },
      });
    case 'destination.refused':
      return ocsfEvent(record, {
        of: CLASSES.network,
        activity: TRAFFIC.refuse,
        severity: SEVERITY.medium,
        status: 'failure',
        message: `${event.destination}: ${event.reason}`,
        control: { effect: 'deny', rules: [] },
        attributes: {
          actor: actorOf(event.principal),
          src_endpoint: sourceOf(event.sourceAddress),
          dst_endpoint: resourceEndpoint(event.destination, event.protocol),
        },
      });
    default:
      return noticed(record, event);
  }
}

function findingText({ kind, count }: FindingRaised): string {
  return kind === 'probe-limit'
    ? `asked ${count} different questions about masked columns: a run is over its limit of probes`
    : `denied ${count} times: a run repeats what is denied`;
}

/** What people should look at. */
function noticed(record: AuditRecord, event: AuditEvent | AuditMark): OcsfEvent | undefined {
  switch (event.type) {
    case 'finding.raised':
    case 'quarantine.lifted': {
      const isNew = event.type === 'finding.raised';
      return ocsfEvent(record, {
        of: CLASSES.finding,
        activity: isNew ? FINDING.create : FINDING.close,
        severity: isNew ? SEVERITY.high : SEVERITY.informational,
        status: 'success',
        message: isNew ? findingText(event) : 'a quarantine was lifted',
        correlation: event.finding,
        attributes: {
          finding_info: { uid: event.finding, title: isNew ? event.kind : 'quarantine lifted' },
          actor: isNew ? actorOf(event.principal, event.session) : actorOf(event.by),
        },
      });
    }
    case 'audit.repaired':
    case 'audit.recovered':
      return ocsfEvent(record, {
        of: CLASSES.base,
        activity: OTHER,
        severity: SEVERITY.high,
        message:
          event.type === 'audit.repaired'
            ? 'a torn end of the audit was cut'
            : `the audit works again: ${event.cause}`,
        attributes: { actor: gatewayActor() },
      });
    default:
      return undefined;
  }
}
