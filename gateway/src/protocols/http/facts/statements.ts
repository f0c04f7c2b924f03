import type { RpcCall } from '../../../documents/json-rpc.ts';
import { valuesByName } from '../../../documents/pairs.ts';
import type { GraphqlOperation } from '../../../graphql/operation.ts';
import type { Atom, StatementFacts } from '../../../model/facts.ts';
import type { JsonValue } from '../../../model/json.ts';
import type { MatchedOperation } from '../../../openapi/api-description.ts';
import type { BodyFacts, BodyWindow } from './body.ts';
import { fieldUses, graphqlFieldUses } from './field-uses.ts';
import { pathLabel, requestLabel, shortened } from './labels.ts';
import { possibleMethods } from './method-overrides.ts';
import type { RequestForm, RequestFormOptions } from './request-form.ts';

/** Everything that is known of a request. */
export interface RequestParts {
  readonly form: RequestForm;
  readonly body: BodyFacts;
  /** Headers that rules see. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly window: BodyWindow | undefined;
  readonly operation: MatchedOperation | undefined;
  readonly methodOverride: RequestFormOptions['methodOverride'];
  readonly opaque: readonly string[];
  /** Of a WebSocket. */
  readonly socket?: SocketPart;
}

/** What a request or a message has to do with a WebSocket. */
export interface SocketPart {
  /** `text message on`, `WebSocket to`. */
  readonly label: string;
  /** What an allow rule has to name: words of the dimension `websocket`. */
  readonly values: readonly string[];
  readonly attribute: JsonValue;
}

/** How it is asked, not for what: no allow rule covers a request by these alone. */
const DETAILS = ['contentTypes', 'headers', 'parameters'] as const;

/** A request that is one thing. */
export function requestStatement(parts: RequestParts): StatementFacts {
  const label = labelOf(parts);
  return {
    summary: label,
    atoms: [{ label: ambiguous(parts, label), values: valuesOf(parts), details: DETAILS }],
    attributes: attributesOf(parts),
    opaque: parts.opaque,
    fields: fieldUses(parts.form, parts.body),
    ...unknown(parts),
  };
}

/** One operation of a request to a GraphQL endpoint: an atom for each field of the root. */
export function graphqlStatement(
  parts: RequestParts,
  operation: GraphqlOperation,
  calls: number,
): StatementFacts {
  const common = valuesOf(parts);
  const { kind, name, topLevel, fields, depth, selections } = operation;
  const atoms = topLevel.map((top): Atom => {
    const own = fields.filter((field) => field === top || field.startsWith(`${top}.`));
    return { label: shortened(top), values: { ...common, graphql: [top], fields: own }, details: DETAILS };
  });
  const graphql: JsonValue = {
    kind,
    ...(name === undefined ? {} : { name }),
    topLevel,
    fields,
    arguments: operation.arguments,
    depth,
    selections,
  };
  return {
    summary: shortened(`${kind} ${topLevel.join(', ')}`),
    atoms,
    attributes: { ...attributesOf(parts), graphql, calls },
    opaque: parts.opaque,
    fields: graphqlFieldUses(operation),
    ...unknown(parts),
  };
}

/** One call of a request to a JSON-RPC endpoint. */
export function callStatement(parts: RequestParts, call: RpcCall, calls: number): StatementFacts {
  const label = shortened(`call of ${call.method}`);
  const { method, params, isNotification } = call;
  const rpc: JsonValue = { method, ...(params === undefined ? {} : { params }), isNotification };
  return {
    summary: label,
    atoms: [{ label, values: { ...valuesOf(parts), rpc: [method] }, details: DETAILS }],
    attributes: { ...attributesOf(parts), rpc, calls },
    opaque: parts.opaque,
    fields: fieldUses(parts.form, parts.body),
    ...unknown(parts),
  };
}

/** A request to a GraphQL or JSON-RPC endpoint of which it is not known what it asks for. */
export function unknownStatement(
  parts: RequestParts,
  endpoint: 'graphql' | 'rpc',
  reason: string,
): StatementFacts {
  const statement = requestStatement({ ...parts, opaque: [...parts.opaque, reason] });
  return { ...statement, unknown: [...(statement.unknown ?? []), endpoint, 'calls'] };
}

function labelOf({ form, operation, socket }: RequestParts): string {
  if (socket === undefined) return requestLabel(form, operation?.template);
  return shortened(`${socket.label} ${pathLabel(form, operation?.template)}`);
}

function methodsOf({ form, body, methodOverride }: RequestParts): readonly string[] {
  return methodOverride === 'ignored' ? [form.method] : possibleMethods(form.method, body);
}

function ambiguous(parts: RequestParts, label: string): string {
  return methodsOf(parts).length === 1
    ? label
    : `${label} with a body that may turn it into another method, and was not read`;
}

function valuesOf(parts: RequestParts): Atom['values'] {
  const { form, body, headers, operation, socket } = parts;
  return {
    methods: methodsOf(parts),
    hosts: [form.authority.host],
    paths: [form.path.text],
    ...(operation === undefined ? {} : { operations: [operation.id] }),
    ...(socket === undefined ? {} : { websocket: socket.values }),
    ...(body.kind === 'none' ? {} : { contentTypes: [body.essence === '' ? 'unknown' : body.essence] }),
    headers: Object.keys(headers),
    parameters: [...new Set(form.query.map(({ name }) => name))],
  };
}

function attributesOf(parts: RequestParts): Record<string, JsonValue> {
  const { form, body, headers, window, operation, socket } = parts;
  const { method, scheme, authority, path, query } = form;
  const isComplete = window === undefined || (window.isComplete && window.coding === 'undone');
  return {
    method,
    scheme,
    host: authority.host,
    port: authority.port,
    path: path.text,
    segments: path.segments,
    query: valuesByName(query),
    parameters: query.map(({ name }) => name),
    headers,
    contentType: body.kind === 'none' ? '' : body.essence,
    hasBody: body.kind !== 'none',
    bodyComplete: isComplete,
    ...(isComplete ? { bodyBytes: window?.bytes.length ?? 0 } : {}),
    ...(body.kind === 'json' ? { body: body.json } : {}),
    ...(body.kind === 'form' ? { form: valuesByName(body.pairs) } : {}),
    ...(body.kind === 'multipart' ? { parts: body.parts.map((part) => ({ ...part })) } : {}),
    ...(operation === undefined
      ? {}
      : { operation: operation.id, template: operation.template, pathParameters: operation.pathParameters }),
    ...(socket === undefined ? {} : { websocket: socket.attribute }),
    calls: 1,
  };
}

const BODY_ATTRIBUTES: Readonly<Record<string, string>> = { json: 'body', form: 'form', multipart: 'parts' };

/**
 * A service may take a body for something else than its content type says: what a body is not known to be is not known
 * to be absent either, so a rule that asks for it fails.
 */
function unknown({ body, window }: RequestParts): Pick<StatementFacts, 'unknown'> {
  if (body.kind === 'none') return {};
  const isWhole = window?.isComplete === true && window.coding === 'undone';
  const own = BODY_ATTRIBUTES[body.kind];
  const others = Object.values(BODY_ATTRIBUTES).filter((name) => name !== own);
  return { unknown: isWhole ? others : [...others, 'bodyBytes'] };
}
