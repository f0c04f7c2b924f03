/** Structured operational log: one JSON object a line. Not the audit trail. */
import type { JsonValue } from '../model/json.ts';

/** Severity, most talkative first. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes log lines; callers give fields, never secrets. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, JsonValue>>): void;
  info(message: string, fields?: Readonly<Record<string, JsonValue>>): void;
  warn(message: string, fields?: Readonly<Record<string, JsonValue>>): void;
  error(message: string, fields?: Readonly<Record<string, JsonValue>>): void;
}

const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Creates a log that writes lines at or above `level`. */
export function createLog(level: LogLevel, write: (line: string) => void, nowMs: () => number): Log {
  const emit =
    (own: LogLevel) =>
    (message: string, fields: Readonly<Record<string, JsonValue>> = {}): void => {
      if (ORDER.indexOf(own) < ORDER.indexOf(level)) return;
      write(`${JSON.stringify({ time: new Date(nowMs()).toISOString(), level: own, message, ...fields })}\n`);
    };
  return { debug: emit('debug'), info: emit('info'), warn: emit('warn'), error: emit('error') };
}
