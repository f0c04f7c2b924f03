/** What can go wrong while the quick start builds its surroundings. */
export type QuickstartErrorCode =
  | 'ERR_QUICKSTART_OPTIONS'
  | 'ERR_QUICKSTART_PLATFORM'
  | 'ERR_QUICKSTART_TOKEN'
  /** The pages of the console cannot be built. */
  | 'ERR_QUICKSTART_CONSOLE'
  | 'ERR_QUICKSTART_RUNNING'
  | 'ERR_QUICKSTART_GATEWAY'
  | 'ERR_QUICKSTART_AGENT'
  | 'ERR_QUICKSTART_STATE'
  | 'ERR_QUICKSTART_SYSTEM_USER'
  | 'ERR_QUICKSTART_POSTGRES_OPTIONS'
  | 'ERR_QUICKSTART_POSTGRES_INITDB'
  | 'ERR_QUICKSTART_POSTGRES_START';

/** Raised by the quick start; the message says what to do about it. Never holds a password. */
export class QuickstartError extends Error {
  readonly code: QuickstartErrorCode;

  constructor(code: QuickstartErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'QuickstartError';
    this.code = code;
  }
}
