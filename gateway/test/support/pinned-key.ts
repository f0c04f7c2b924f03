import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';

/** The key of a server's certificate, as SHA-256 in base64, once it was verified by the CA in a file: what Chromium can be told to trust. */
export async function verifiedKey(url: URL, ca: string): Promise<string> {
  const socket = connect({ host: url.hostname, port: Number(url.port), ca: readFileSync(ca) });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
  socket.destroy();
  return key === undefined ? '' : hash('sha256', key, 'base64');
}
