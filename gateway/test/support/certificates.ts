import { generateKeyPairSync } from 'node:crypto';
import { certificateFromLocalCa } from '../../src/listener/local-ca.ts';
import { createServerCertificate } from '../../src/listener/x509.ts';

/** A server certificate with its key, in PEM. */
export interface ServerPair {
  readonly cert: string;
  readonly key: string;
}

/** The same with the file of the CA that clients have to trust. */
export interface TestCertificate extends ServerPair {
  readonly caFile: string;
}

/**
 * Makes a CA and a certificate for localhost, 127.0.0.1 and ::1 with the gateway's own code: no openssl is needed.
 *
 * @param directory empty or missing; keeps the files
 * @param nowMs when they are made; a past one gives a certificate that has expired (they live 90 days)
 */
export async function createTestCertificate(
  directory: string,
  nowMs: number = Date.now(),
): Promise<TestCertificate> {
  const source = certificateFromLocalCa({ directory, names: [], clock: { nowMs: () => nowMs } });
  const { certificatePem, keyPem, caFile } = await source.load();
  if (caFile === undefined) throw new Error('the local CA did not name its file');
  return { caFile, cert: certificatePem, key: keyPem };
}

/** A certificate for localhost over a key of RSA, which clients of RDP know best; of an authority that nobody has. */
export function createRsaCertificate(): ServerPair {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const fields = {
    serial: Buffer.from([1]),
    subject: 'a desktop',
    notBeforeMs: Date.now() - 86_400_000,
    notAfterMs: Date.now() + 86_400_000,
    publicKey,
  };
  const cert = createServerCertificate(fields, ['localhost', '127.0.0.1'], {
    ...authority,
    subject: 'nobody',
  });
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
