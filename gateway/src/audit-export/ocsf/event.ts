import type { AuditRecord } from '../../audit/record.ts';
import type { JsonObject, JsonValue } from '../../model/json.ts';
import { VERSION } from '../../version.ts';
import { OCSF_VERSION, type OcsfClass } from './classes.ts';

/** How bad it is: severity_id. */
export const SEVERITY = { informational: 1, low: 2, medium: 3, high: 4 } as const;

/** Whether it worked: status_id. */
export type OcsfStatus = 'unknown' | 'success' | 'failure';
const STATUS: Readonly<Record<OcsfStatus, number>> = { unknown: 0, success: 1, failure: 2 };

/** What the policy said, in the words of the profile `security_control`. */
export interface OcsfControl {
  readonly effect: 'permit' | 'deny';
  readonly rules: readonly string[];
  readonly policy?: { readonly commit?: string | undefined; readonly hash: string } | undefined;
}

/** What of an event depends on the record. */
export interface OcsfParts {
  readonly of: OcsfClass;
  readonly activity: number;
  readonly severity?: number;
  readonly status?: OcsfStatus;
  readonly message: string;
  /** Ties events of one exchange, approval or credential together. */
  readonly correlation?: string | undefined;
  readonly control?: OcsfControl | undefined;
  /** Attributes of the class. */
  readonly attributes: Readonly<Record<string, JsonValue | undefined>>;
}

/** An OCSF event: one JSON object. */
export type OcsfEvent = Readonly<Record<string, JsonValue>>;

/** Puts an event together. The whole record goes along as `unmapped`, with its place in the chain, so that nothing is lost. */
export function ocsfEvent(record: AuditRecord, parts: OcsfParts): OcsfEvent {
  const { of, activity, severity, status, message, correlation, control, attributes } = parts;
  const { seq, prev, hash, event, omitted } = record;
  return withoutAbsent({
    class_uid: of.uid,
    class_name: of.name,
    category_uid: of.category,
    activity_id: activity,
    type_uid: of.uid * 100 + activity,
    severity_id: severity ?? SEVERITY.informational,
    status_id: STATUS[status ?? 'unknown'],
    time: Date.parse(record.at),
    message,
    metadata: withoutAbsent({
      version: OCSF_VERSION,
      product: { name: 'Sallyport', vendor_name: 'Sallyport', version: VERSION },
      // Unique and the same at each delivery: receivers know repetitions by it.
      uid: hash,
      sequence: seq,
      log_name: 'audit',
      event_code: event.type,
      correlation_uid: correlation,
      profiles: control === undefined ? undefined : ['security_control'],
    }),
    ...attributes,
    ...(control === undefined ? {} : controlOf(control)),
    unmapped: withoutAbsent({
      event: event as unknown as JsonObject,
      omitted: omitted as unknown as JsonValue | undefined,
      chain: { seq, prev, hash },
    }),
  });
}

/** action_id: Allowed, Denied; disposition_id: Allowed, Blocked. */
function controlOf({ effect, rules, policy }: OcsfControl): Readonly<Record<string, JsonValue>> {
  const isPermit = effect === 'permit';
  const decision = isPermit ? 'permit' : 'deny';
  return {
    action_id: isPermit ? 1 : 2,
    disposition_id: isPermit ? 1 : 2,
    ...(policy === undefined
      ? {}
      : { policy: withoutAbsent({ name: 'sallyport', uid: policy.hash, version: policy.commit }) }),
    ...(rules.length === 0
      ? {}
      : { authorizations: rules.map((rule) => ({ decision, policy: { name: rule, uid: rule } })) }),
  };
}

/** The same without what is undefined. */
export function withoutAbsent(
  fields: Readonly<Record<string, JsonValue | undefined>>,
): Record<string, JsonValue> {
  const kept: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value;
  return kept;
}
