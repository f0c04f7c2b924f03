import { certificateFromLocalCa } from '../../src/listener/local-ca.ts';

/** A server certificate with its key, and the file of the CA that clients have to trust. */
export interface TestCertificate {
  readonly caFile: string;
  readonly cert: string;
  readonly key: string;
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
