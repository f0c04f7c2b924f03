import type { z } from 'zod';
import type { JsonObject } from '../model/json.ts';
import type { Principal } from '../model/principal.ts';
import type { ApiServices } from './api-services.ts';
import type { Role } from './roles.ts';

/** What came with a request, validated. */
export interface EndpointInput<Query, Body> {
  /** The `{id}` of the path; empty where the path has none. */
  readonly id: string;
  readonly query: Query;
  readonly body: Body;
  /** The `Last-Event-ID` of a client that resumes a stream. */
  readonly lastEventId?: string;
}

/** Who asks, and what the endpoint may use. */
export interface EndpointScope {
  readonly services: ApiServices;
  readonly principal: Principal;
  readonly sourceAddress: string;
  /** Resolves when the access is on file; for what must not be read before. The answer waits for it in any case. */
  readonly recorded: Promise<void>;
}

/**
 * One operation of the API. It says what it wants and how it answers; who may ask, what is recorded and in which order
 * is decided in `serve-endpoint.ts`, for all alike.
 */
export interface Endpoint<Query = unknown, Body = unknown, Answer = unknown> {
  readonly method: 'get' | 'post' | 'delete';
  /** OpenAPI template; at most one parameter, `{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly role: Role;
  readonly id?: { readonly schema: z.ZodType<string>; readonly description: string };
  readonly query?: z.ZodType<Query>;
  /** An absent body counts as `{}`. */
  readonly body?: z.ZodType<Body>;
  /** JSON, or a stream of events or lines that are of that schema, or a file: `handle` then resolves to the stream, or the text. */
  readonly answer: {
    readonly schema: z.ZodType;
    readonly description: string;
    readonly mediaType?:
      | 'text/event-stream'
      | 'application/x-ndjson'
      | 'application/x-asciicast'
      | 'application/x-rdp';
  };
  /** The record is synced whatever the configured durability, and handed in again when it cannot be written. */
  readonly isSynced?: boolean;
  /** 202 while the work goes on. */
  status?(answer: Answer): 200 | 202;
  /** What of the request goes on record: ids and filters, no text that may hold secrets or data. */
  details(input: EndpointInput<Query, Body>): JsonObject;
  handle(input: EndpointInput<Query, Body>, scope: EndpointScope): Promise<Answer> | Answer;
}
