/**
 * Type bytes of the messages a client sends
 * (https://www.postgresql.org/docs/18/protocol-message-formats.html, marked F). `Password` is also SASLInitialResponse,
 * SASLResponse and GSSResponse: which of them only the server's last Authentication message tells.
 */
export const FrontendType = {
  Bind: 0x42,
  Close: 0x43,
  CopyData: 0x64,
  CopyDone: 0x63,
  CopyFail: 0x66,
  Describe: 0x44,
  Execute: 0x45,
  Flush: 0x48,
  FunctionCall: 0x46,
  Parse: 0x50,
  Password: 0x70,
  Query: 0x51,
  Sync: 0x53,
  Terminate: 0x58,
} as const;

/** One of the type bytes of {@link FrontendType}. */
export type FrontendType = (typeof FrontendType)[keyof typeof FrontendType];
