/** Requests of sessions and what came of them, in the class of their protocol. */
import type { AuditRecord } from '../../audit/record.ts';
import type { ExchangeIntent, ExchangeOutcome, SessionOpened } from '../../model/audit-event.ts';
import type { JsonValue } from '../../model/json.ts';
import {
  CLASSES,
  DATASTORE_ACTIVITY,
  DATASTORE_QUERY,
  HTTP_ACTIVITY,
  type OcsfClass,
  OTHER,
  TRAFFIC,
} from './classes.ts';
import { type OcsfEvent, ocsfEvent, SEVERITY, withoutAbsent } from './event.ts';
import { actorOf, resourceEndpoint, sourceOf } from './people.ts';

/** A request: permitted or denied. */
export function intentEvent(
  record: AuditRecord,
  intent: ExchangeIntent,
  session: SessionOpened | undefined,
): OcsfEvent {
  const { effect, rules, policy, summary, exchange } = intent;
  return ocsfEvent(record, {
    ...placed(intent, session),
    severity: effect === 'deny' ? SEVERITY.medium : SEVERITY.informational,
    status: effect === 'deny' ? 'failure' : 'unknown',
    message: summary,
    correlation: exchange,
    control: { effect, rules, policy },
  });
}

/** What came of one. */
export function outcomeEvent(
  record: AuditRecord,
  outcome: ExchangeOutcome,
  asked: { readonly intent: ExchangeIntent | undefined; readonly session: SessionOpened | undefined },
): OcsfEvent {
  const { status, durationMs, exchange, result } = outcome;
  const { intent, session } = asked;
  const place = placed(intent, session);
  return ocsfEvent(record, {
    ...place,
    severity: status === 'ok' ? SEVERITY.informational : SEVERITY.low,
    status: status === 'ok' ? 'success' : status === 'unknown' ? 'unknown' : 'failure',
    message: `${intent?.summary ?? 'exchange'}: ${status}`,
    correlation: exchange,
    attributes: {
      ...place.attributes,
      duration: Math.round(durationMs),
      status_detail: status,
      status_code: textOf(result['sqlstate'] ?? result['status'] ?? result['exitCode']),
    },
  });
}

interface Placed {
  readonly of: OcsfClass;
  readonly activity: number;
  readonly attributes: Readonly<Record<string, JsonValue | undefined>>;
}

function placed(intent: ExchangeIntent | undefined, session: SessionOpened | undefined): Placed {
  const ends = {
    actor: actorOf(session?.principal, session?.session ?? intent?.session),
    src_endpoint: sourceOf(session?.sourceAddress),
    dst_endpoint: resourceEndpoint(session?.resource ?? 'unknown', session?.protocol),
  };
  switch (session?.protocol) {
    case 'postgres':
      return datastore(intent, session, ends);
    case 'http':
      return http(intent, session, ends);
    case 'ssh':
      return { of: CLASSES.ssh, activity: TRAFFIC.traffic, attributes: ends };
    case 'rdp':
      return { of: CLASSES.rdp, activity: TRAFFIC.traffic, attributes: ends };
    default:
      return { of: CLASSES.network, activity: TRAFFIC.traffic, attributes: ends };
  }
}

type Ends = Readonly<Record<'actor' | 'src_endpoint' | 'dst_endpoint', JsonValue>>;

function datastore(intent: ExchangeIntent | undefined, session: SessionOpened, ends: Ends): Placed {
  const text = textOf(intent?.request['text']);
  const kind = /^[A-Z]+/.exec(intent?.summary ?? '')?.[0] ?? '';
  const database = textOf(session.details['database']) ?? session.resource;
  return {
    of: CLASSES.datastore,
    activity: DATASTORE_ACTIVITY[kind] ?? DATASTORE_QUERY,
    attributes: {
      ...ends,
      // 1: Relational.
      database: { name: database, uid: session.resource, type_id: 1 },
      query_info: text === undefined ? undefined : { query_string: text, uid: intent?.exchange ?? '' },
    },
  };
}

function http(intent: ExchangeIntent | undefined, session: SessionOpened, ends: Ends): Placed {
  const method = textOf(intent?.request['method']);
  const path = textOf(intent?.request['path'] ?? intent?.request['target']) ?? intent?.summary ?? '/';
  return {
    of: CLASSES.http,
    activity: method === undefined ? OTHER : (HTTP_ACTIVITY[method] ?? OTHER),
    attributes: {
      ...ends,
      http_request: withoutAbsent({ http_method: method, url: { path, hostname: session.resource } }),
    },
  };
}

function textOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
