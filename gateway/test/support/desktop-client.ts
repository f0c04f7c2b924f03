/** Clients of RDP on a display that nobody sees, driven as by a person: with keys, a mouse and a clipboard. */
import { type ProcessResult, type RunningProcess, runProcess, startProcess } from './processes.ts';

/** What a client is started with. */
export interface DesktopLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Programs by their absolute paths. */
export interface DesktopPrograms extends DesktopTools {
  readonly xfreerdp: string;
}

/** What drives a client. */
export interface DesktopTools {
  readonly xdotool: string;
  readonly xclip: string;
}

/** A client that runs. */
export interface DesktopClient extends AsyncDisposable {
  output(): string;
  /** Clicks into the terminal of the desktop, and types a line for its shell. */
  typeLine(text: string): Promise<void>;
  /** Moves the pointer of the client's display. */
  point(x: number, y: number): Promise<void>;
  /** What the clipboard of the client's display has; undefined where it has no text. */
  clipboard(): Promise<string | undefined>;
  /** Puts text into the clipboard of the client's display. */
  offer(text: string): Promise<RunningProcess>;
  /** Resolves when it has ended by itself. */
  ended(): Promise<ProcessResult>;
}

/** Starts xfreerdp; it takes the gateway's certificate unseen, which is no matter of these tests. */
export function startDesktopClient(
  programs: DesktopPrograms,
  display: string,
  { host, port, user, password }: DesktopLogin,
  options: readonly string[] = ['/sec:tls'],
  timeoutMs = 120_000,
): DesktopClient {
  const env = { DISPLAY: display, HOME: '/tmp' };
  const login = [`/v:${host}:${port}`, `/u:${user}`, `/p:${password}`, '/cert:ignore', '/size:1024x768'];
  return drive(startProcess(programs.xfreerdp, [...login, ...options], { env, timeoutMs }), programs, env);
}

/** Starts rdesktop, which is asked whether it trusts the certificate, and told so. @param home a folder of its own */
export function startRdesktop(
  programs: DesktopTools & { readonly rdesktop: string },
  display: string,
  { host, port, user, password }: DesktopLogin,
  { home, options = [] }: { readonly home: string; readonly options?: readonly string[] },
): DesktopClient {
  const env = { DISPLAY: display, HOME: home };
  const args = ['-u', user, '-p', password, '-g', '1024x768+0+0', '-D', ...options, `${host}:${port}`];
  const running = startProcess(programs.rdesktop, args, { env, input: 'yes\n', timeoutMs: 120_000 });
  return drive(running, programs, env);
}

function drive(
  running: RunningProcess,
  programs: DesktopTools,
  env: Readonly<Record<string, string>>,
): DesktopClient {
  const act = async (...args: readonly string[]): Promise<void> => {
    await runProcess(programs.xdotool, args, { env });
  };
  return {
    output: () => running.output(),
    async typeLine(text) {
      await act('mousemove', '300', '200', 'click', '1');
      // A desktop that comes meanwhile gets an end of it only, which must not be a command (`ed`, of `echo typed`).
      await act('type', '--delay', '8', `( ${text} )`);
      await act('key', 'Return');
    },
    point: (x, y) => act('mousemove', String(x), String(y)),
    async clipboard() {
      const args = ['-o', '-selection', 'clipboard'];
      const { code, stdout } = await runProcess(programs.xclip, args, { env, timeoutMs: 3_000 });
      return code === 0 ? stdout : undefined;
    },
    async offer(text) {
      // It stays for as long as it owns the clipboard.
      const args = ['-quiet', '-i', '-selection', 'clipboard'];
      const owner = startProcess(programs.xclip, args, { env, input: text, timeoutMs: 60_000 });
      await owner.waitForOutput(/Waiting/);
      return owner;
    },
    ended: () => running.ended(),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
