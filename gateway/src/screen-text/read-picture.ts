// The program is the operator's, named in the config: no shell, nothing of a client in argv or environment. What it reads is a picture
// that a client may have made, so it has bounds on its time and its output, and the lowest priority; bounds on its memory are the operator's
// (`prlimit --as=…` in front of it).
import { execFile } from 'node:child_process';
import { setPriority } from 'node:os';
import { env } from 'node:process';
import { howItEnded } from '../credentials/program-end.ts';
import { ScreenTextError } from './errors.ts';

/** Most bytes that the program may write. */
const MOST_BYTES = 262_144;
const LOWEST = 19;

/** A program that reads pictures. */
export interface PictureReader {
  /** Its absolute path, and its arguments. */
  readonly command: readonly string[];
  readonly timeoutMs: number;
  /** As `nice` counts it; default: behind everybody who works. */
  readonly niceness?: number;
}

/** Has the program read a picture: a PNG on its standard input, text on its standard output, UTF-8. Rejects with a ScreenTextError. */
export function readPicture(
  png: Buffer,
  { command, timeoutMs, niceness = LOWEST }: PictureReader,
): Promise<string> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const options = {
      encoding: 'utf8',
      shell: false,
      env: { PATH: env['PATH'] ?? '', OMP_THREAD_LIMIT: '1' },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: MOST_BYTES,
    } as const;
    const child = execFile(program, args, options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(failed(program, timeoutMs, error));
    });
    try {
      if (child.pid !== undefined) setPriority(child.pid, niceness);
    } catch {
      // It has ended, or the system does not let us: it is only slower for others.
    }
    // A program that ends without reading its input says so by its exit status.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(png);
  });
}

/** Neither what it wrote nor its arguments are told. */
function failed(
  program: string,
  timeoutMs: number,
  error: { readonly code?: unknown; readonly killed?: boolean; readonly signal?: unknown },
): ScreenTextError {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return new ScreenTextError('ERR_SCREEN_TEXT_OUTPUT', `${program} wrote more than ${MOST_BYTES} bytes`);
  if (error.killed === true)
    return new ScreenTextError(
      'ERR_SCREEN_TEXT_TIMEOUT',
      `${program} did not end within ${timeoutMs} ms and was killed`,
    );
  return new ScreenTextError('ERR_SCREEN_TEXT_COMMAND', `${program} failed: ${howItEnded(error)}`);
}
