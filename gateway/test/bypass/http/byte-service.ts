/** A service that keeps every byte that reached it, and answers what it takes for whole requests. */
import { createServer, type Server, type Socket } from 'node:net';

/**
 * Answers each request that came whole, by the strictest reading: it is what the gateway says that it sends.
 *
 * @param bytes where everything is kept, by connection
 * @param bodyFor what is told to a request with that head; nothing unless said
 */
export async function startByteService(
  bytes: Map<Socket, Buffer>,
  bodyFor: (head: string) => string = () => '',
): Promise<Server> {
  const server = createServer((socket) => {
    let at = 0;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const all = Buffer.concat([bytes.get(socket) ?? Buffer.alloc(0), Buffer.from(chunk)]);
      bytes.set(socket, all);
      for (;;) {
        const request = nextRequest(all.toString('latin1', at));
        if (request === undefined) return;
        at += request.bytes;
        const body = bodyFor(request.head);
        const shown = request.head.startsWith('HEAD ') ? '' : body;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${shown}`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** The first request of a text, if all of it is there, as the gateway frames it: by a length, or in plain chunks. */
export function nextRequest(text: string): { readonly head: string; readonly bytes: number } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = text.slice(0, end);
  const start = end + 4;
  if (/^transfer-encoding: chunked$/im.test(head)) {
    const last = text.indexOf('\r\n0\r\n\r\n', end + 2);
    return last === -1 ? undefined : { head, bytes: last + 7 };
  }
  const bytes = start + Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  return bytes > text.length ? undefined : { head, bytes };
}
