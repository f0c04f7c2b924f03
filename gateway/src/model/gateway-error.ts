/** Who caused an error: decides who is told what. */
export type ErrorSource = 'downstream' | 'upstream' | 'policy' | 'config' | 'internal';

/** Options of {@link GatewayError}. */
export interface GatewayErrorOptions {
  readonly source: ErrorSource;
  /** What a client may be told; defaults to nothing but the code. Never holds secrets or row data. */
  readonly publicMessage?: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/**
 * Base of all errors the gateway raises itself. Each module has one `errors.ts` with a subclass and a closed
 * union of codes (`ERR_<MODULE>_<WHAT>`). Messages are lower case without full stop.
 */
export class GatewayError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly source: ErrorSource;
  readonly retryable: boolean;
  readonly publicMessage: string | undefined;

  constructor(code: Code, message: string, options: GatewayErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.source = options.source;
    this.retryable = options.retryable ?? false;
    this.publicMessage = options.publicMessage;
  }
}
