/** A client of HTTPS that says exactly what a test says, byte for byte. */
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

/** One answer, as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection under a test's control. */
export interface RawHttps {
  readonly socket: TLSSocket;
  say(text: string): void;
  /** The next answer; fails when the connection ends before. */
  answer(): Promise<RawAnswer>;
  /** Resolves when the server has closed the connection. */
  readonly ended: Promise<void>;
}

/** Connects and shakes hands. */
export async function openRawHttps(
  options: ConnectionOptions & { readonly ca: string; readonly port: number },
): Promise<RawHttps> {
  const socket = connect({ host: '127.0.0.1', ALPNProtocols: ['http/1.1'], ...options });
  let received = '';
  let isOver = false;
  let wake: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    wake();
  });
  socket.on('close', () => {
    isOver = true;
    wake();
  });
  await once(socket, 'secureConnect');
  // A reset is an end like any other.
  socket.on('error', () => undefined);
  return {
    socket,
    ended,
    say: (text) => void socket.write(text),
    async answer() {
      for (;;) {
        const found = firstAnswer(received);
        if (found !== undefined) {
          received = found.rest;
          return found.answer;
        }
        if (isOver) throw new Error(`no answer but: ${received}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

function firstAnswer(text: string): { readonly answer: RawAnswer; readonly rest: string } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  const length = Number(headers['content-length'] ?? 0);
  const body = text.slice(end + 4, end + 4 + length);
  if (body.length < length) return undefined;
  return {
    answer: { status: Number(first.split(' ')[1]), headers, body },
    rest: text.slice(end + 4 + length),
  };
}
