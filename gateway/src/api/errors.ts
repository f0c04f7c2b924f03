import { GatewayError } from '../model/gateway-error.ts';

/** Why the API refused a request, or could not answer it. Stable: clients and docs rely on them. */
export type ApiErrorCode =
  /** The request has no bearer token, or something else in its place. */
  | 'ERR_API_UNAUTHENTICATED'
  /** The caller is in no group that may do this. */
  | 'ERR_API_FORBIDDEN'
  /** The API was called by a name that is not its own: a defence against DNS rebinding. */
  | 'ERR_API_HOST'
  /** A page of another origin sent the request. */
  | 'ERR_API_ORIGIN'
  /** There is nothing at this path. */
  | 'ERR_API_NOT_FOUND'
  /** The path exists, the method does not. */
  | 'ERR_API_METHOD'
  /** A parameter or the body is not as documented. */
  | 'ERR_API_INVALID'
  /** The cursor is damaged, or belongs to another query. */
  | 'ERR_API_CURSOR'
  /** The body is larger than it may be. */
  | 'ERR_API_BODY_TOO_LARGE'
  /** The body is not JSON. */
  | 'ERR_API_MEDIA_TYPE'
  /** The bytes on the connection are no HTTP request. */
  | 'ERR_API_MALFORMED'
  /** The header of the request is larger than it may be. */
  | 'ERR_API_HEADER_TOO_LARGE'
  /** The request did not arrive in time, or what it asked for took longer than it may. */
  | 'ERR_API_TIMEOUT'
  /** The audit has no such session, or it does not run here. */
  | 'ERR_API_UNKNOWN_SESSION'
  /** No recording has such a run. */
  | 'ERR_API_UNKNOWN_RUN'
  /** The policy does not let the caller do this; the message is the denial. */
  | 'ERR_API_DENIED'
  /** There is no such resource, account or database, as far as the caller may know. */
  | 'ERR_API_UNKNOWN_RESOURCE'
  /** The caller has no session credential of this id. */
  | 'ERR_API_UNKNOWN_CREDENTIAL'
  /** Clients open no file for this credential, or none can be written for it. */
  | 'ERR_API_NO_FILE'
  /** No verification of this id was started since the gateway started, or it is long over. */
  | 'ERR_API_UNKNOWN_VERIFICATION'
  /** A verification runs, and one at a time is enough. */
  | 'ERR_API_VERIFYING'
  /** As many requests as may be are being answered. */
  | 'ERR_API_BUSY'
  /** The access cannot be put on file, so nothing is returned. */
  | 'ERR_API_UNRECORDED'
  /** Something unexpected; the log says what. */
  | 'ERR_API_INTERNAL';

/** HTTP statuses that the API answers errors with. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 421 | 429 | 431 | 500 | 503;

const STATUS: Readonly<Record<ApiErrorCode, ProblemStatus>> = {
  ERR_API_UNAUTHENTICATED: 401,
  ERR_API_FORBIDDEN: 403,
  ERR_API_HOST: 421,
  ERR_API_ORIGIN: 403,
  ERR_API_NOT_FOUND: 404,
  ERR_API_METHOD: 405,
  ERR_API_INVALID: 400,
  ERR_API_CURSOR: 400,
  ERR_API_BODY_TOO_LARGE: 413,
  ERR_API_MEDIA_TYPE: 415,
  ERR_API_MALFORMED: 400,
  ERR_API_HEADER_TOO_LARGE: 431,
  ERR_API_TIMEOUT: 408,
  ERR_API_UNKNOWN_SESSION: 404,
  ERR_API_UNKNOWN_RUN: 404,
  ERR_API_DENIED: 403,
  ERR_API_UNKNOWN_RESOURCE: 404,
  ERR_API_UNKNOWN_CREDENTIAL: 404,
  ERR_API_NO_FILE: 404,
  ERR_API_UNKNOWN_VERIFICATION: 404,
  ERR_API_VERIFYING: 409,
  ERR_API_BUSY: 429,
  ERR_API_UNRECORDED: 503,
  ERR_API_INTERNAL: 500,
};

/** What is wrong with one part of a request. */
export interface RequestIssue {
  /** `query.limit`, `body.as.groups`… */
  readonly at: string;
  readonly message: string;
}

/** A refusal of the API; its message is what the client is told. */
export class ApiError extends GatewayError<ApiErrorCode> {
  readonly status: ProblemStatus;
  readonly issues: readonly RequestIssue[];

  constructor(
    code: ApiErrorCode,
    message: string,
    more: { readonly issues?: readonly RequestIssue[]; readonly cause?: unknown } = {},
  ) {
    const status = STATUS[code];
    super(code, message, {
      source: status < 500 ? 'downstream' : 'internal',
      publicMessage: message,
      retryable: status === 503 || status === 429,
      ...(more.cause === undefined ? {} : { cause: more.cause }),
    });
    this.status = status;
    this.issues = more.issues ?? [];
  }
}
