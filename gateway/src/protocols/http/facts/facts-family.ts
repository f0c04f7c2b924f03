import type { FactsFamily } from '../../../model/facts.ts';
import { HTTP_METHODS } from './method.ts';

/**
 * What is done with a WebSocket. `open` is the handshake, and what subprotocols send only to keep a connection; `long` stands
 * beside `text` or `binary` for a message beyond the inspection window.
 */
const WEBSOCKET_EVENTS = ['open', 'text', 'binary', 'long'] as const;

/** The rule family `http`: what rules may match and what `when:` sees under `http.`. */
export const httpFamily: FactsFamily = {
  name: 'http',
  dimensions: {
    methods: {
      match: { by: 'keyword', vocabulary: HTTP_METHODS },
      description: 'Methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY and some of WebDAV.',
    },
    paths: {
      match: { by: 'path' },
      description:
        'Paths, decoded: `*` is anything inside of one segment, `**` any number of segments. A deny ignores case and a last slash.',
    },
    hosts: {
      match: { by: 'glob' },
      description: 'Host names that were asked for, in lower case, without port.',
    },
    operations: {
      match: { by: 'glob' },
      needed: true,
      description: 'operationId of the API description of the resource; without one `GET /customers/{id}`.',
    },
    graphql: {
      match: { by: 'glob' },
      needed: true,
      description: 'Fields of the root that a GraphQL operation asks for: `Query.customer`, `Mutation.*`.',
    },
    fields: {
      match: { by: 'glob' },
      needed: true,
      description:
        'All fields of a GraphQL operation by their paths, aliases seen through: `Query.customer.email`.',
    },
    rpc: {
      match: { by: 'glob' },
      needed: true,
      description: 'Methods that JSON-RPC calls: `tools/call`.',
    },
    websocket: {
      match: { by: 'keyword', vocabulary: WEBSOCKET_EVENTS },
      explicit: true,
      description:
        'What is done with a WebSocket: `open` it, send `text` or `binary` messages, send `long` ones beside: such as are not looked at. Only a rule that names it allows it.',
    },
    contentTypes: {
      match: { by: 'glob' },
      description: 'Content type of the body, without parameters; none where there is no body.',
    },
    headers: {
      match: { by: 'glob' },
      description: 'Names of headers, in lower case; without those that say who asks.',
    },
    parameters: {
      match: { by: 'glob' },
      description: 'Names of query parameters.',
    },
  },
  attributes: {
    method: { type: 'string', description: 'Method, in upper case.' },
    scheme: { type: 'string', description: 'http or https, as the client sees it.' },
    host: { type: 'string', description: 'Host that was asked for, in lower case.' },
    port: { type: 'int', description: 'Port that was asked for.' },
    path: { type: 'string', description: 'Path, decoded; `%2F` and `%25` inside of segments stay.' },
    segments: { type: 'list<string>', description: 'Segments of the path, decoded.' },
    query: { type: 'dyn', description: 'Query parameters: lists of values by name.' },
    parameters: { type: 'list<string>', description: 'Names of query parameters, in order.' },
    headers: { type: 'dyn', description: 'Headers but credentials: lists of values by name in lower case.' },
    contentType: { type: 'string', description: 'Content type of the body; empty where there is none.' },
    hasBody: { type: 'bool', description: 'The request has a body that is not empty.' },
    bodyComplete: { type: 'bool', description: 'The whole body was looked at, and decoded.' },
    bodyBytes: {
      type: 'int',
      description: 'Bytes of the body, decoded. Not known of one beyond the window.',
    },
    body: { type: 'dyn', description: 'JSON of the body. Not known of any other body.' },
    form: { type: 'dyn', description: 'Fields of an urlencoded form: lists of values by name.' },
    parts: {
      type: 'dyn',
      description: 'Parts of a multipart form: name, filename, type, size, and the value of short fields.',
    },
    operation: { type: 'string', description: 'operationId of the API description.' },
    template: { type: 'string', description: 'Path of that operation, `/customers/{id}`.' },
    pathParameters: { type: 'dyn', description: 'Values of the parameters in it, by name.' },
    graphql: {
      type: 'dyn',
      description:
        'One GraphQL operation: kind (query, mutation, subscription), name, topLevel, fields, arguments by path, depth, selections.',
    },
    rpc: { type: 'dyn', description: 'One call of JSON-RPC: method, params, isNotification.' },
    websocket: {
      type: 'dyn',
      description:
        'Of a WebSocket alone: event (open, text, binary), offered (subprotocols of the handshake), protocol (the one agreed on, of a message).',
    },
    calls: { type: 'int', description: 'GraphQL operations or JSON-RPC calls of the request; otherwise 1.' },
  },
};
