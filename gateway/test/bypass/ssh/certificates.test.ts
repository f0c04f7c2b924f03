/** Certificates that are forged, over, somebody else's or only offered: none of them lets anybody in, and each is on record with the reason. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { IssuedSshCertificate } from '../../../src/api/contract/ssh-certificate.ts';
import {
  type CertificateFields,
  readCertificate,
  type Signer,
  writeCertificate,
} from '../../../src/protocols/ssh/certificate/certificate.ts';
import { ed25519Blob } from '../../../src/protocols/ssh/certificate/private-key-file.ts';
import { publicKeyLine } from '../../../src/protocols/ssh/certificate/public-key.ts';
import { wireString } from '../../../src/protocols/ssh/certificate/wire.ts';
import { ed25519Signer, newHostKeyText, readPrivateKey } from '../../../src/protocols/ssh/transport/keys.ts';
import { sendPacket, ssh2 } from '../../../src/protocols/ssh/transport/ssh2.ts';
import { askApi } from '../../e2e/api/api-client.ts';
import type { TokenClaims } from '../../support/issuer.ts';
import type { RawClient } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const TYPE = 'ssh-ed25519-cert-v01@openssh.com';
const folder = createTemporaryFolder('ssh-certificates');
let gateway: SshGateway;
let issued: IssuedSshCertificate;
let fields: CertificateFields;

interface Key extends Signer {
  readonly line: string;
  raw(data: Buffer): Buffer;
}

function newKey(): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const blob = ed25519Blob(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
  const raw = (data: Buffer): Buffer => sign(null, data, privateKey);
  return {
    publicKey: blob,
    line: publicKeyLine('ssh-ed25519', blob),
    raw,
    sign: (data) => Buffer.concat([wireString('ssh-ed25519'), wireString(raw(data))]),
  };
}

const key = newKey();
const stranger = newKey();

/** An authority of the gateway, whose key the test has read from its folder: the worst that can be. */
function authority(name: 'user' | 'host' | 'upstream'): Signer {
  const file = path.join(gateway.dataDir, 'keys', `ssh_${name}_ca_ed25519_key`);
  const signer = ed25519Signer(
    readPrivateKey(readFileSync(file, 'utf8')) as NonNullable<ReturnType<typeof readPrivateKey>>,
  );
  if (signer === undefined) throw new Error('no authority');
  return signer;
}

async function certify(of: Key, claims: TokenClaims = {}): Promise<IssuedSshCertificate> {
  const token = await gateway.issuer.token(claims);
  const answer = await askApi(gateway, '/v1/ssh/certificates', { token, body: { publicKey: of.line } });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json as IssuedSshCertificate;
}

const blobOf = ({ certificate }: IssuedSshCertificate): Buffer =>
  Buffer.from(certificate.split(' ')[1] ?? '', 'base64');

/** What the gateway's own certificate says, with other words, by whoever signs. */
function forge(other: Partial<CertificateFields>, signer: Signer = authority('user'), of: Key = key): Buffer {
  return writeCertificate({ ...fields, ...other }, { key: of.publicKey, nonce: Buffer.alloc(32, 7), signer });
}

beforeAll(async () => {
  const keyFile = path.join(folder.path, 'key');
  writeFileSync(keyFile, newHostKeyText(), { mode: 0o600 });
  const nobody = { host: '127.0.0.1', port: 1, user: 'x', keyFile, fingerprint: `SHA256:${'A'.repeat(43)}` };
  gateway = await startSshGateway({ sshd: nobody, api: { groups: { admins: ['admins'] } } });
  // Of a gateway that has logged in to a machine by a certificate.
  writeFileSync(path.join(gateway.dataDir, 'keys', 'ssh_upstream_ca_ed25519_key'), newHostKeyText(), {
    mode: 0o600,
  });
}, 60_000);
beforeEach(async () => {
  issued = await certify(key);
  const read = readCertificate(blobOf(issued));
  if (read === undefined) throw new Error('it cannot be read');
  fields = read;
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** How a client goes about it. */
interface Attempt {
  readonly certificate: Buffer;
  /** Makes the signature, in wire form, of what has to be signed; absent: the certificate is only offered. */
  readonly prove?: ((data: Buffer) => Buffer) | undefined;
  readonly algorithm?: string;
  readonly user?: string;
}

/** Logs in by hand; how the gateway answers: 51 failed, 52 let in, 60 it would do. */
async function attempt({
  certificate,
  prove,
  algorithm = TYPE,
  user = 'deploy+box',
}: Attempt): Promise<number> {
  const raw = new ssh2.Client() as unknown as RawClient & { _protocol: Parameters<typeof sendPacket>[0] };
  const answer = Promise.withResolvers<number>();
  raw.on('error', () => answer.resolve(51));
  raw.once('close', () => answer.resolve(51));
  const asked = Promise.withResolvers<void>();
  const { host, port } = gateway;
  raw.connect({ host, port, username: user, authHandler: () => asked.resolve() });
  await asked.promise;
  const protocol = raw._protocol as unknown as {
    _kex: { sessionID: Buffer };
    _handlers: Record<string, () => void>;
    _authsQueue: string[];
  };
  protocol._handlers['USERAUTH_FAILURE'] = () => answer.resolve(51);
  protocol._handlers['USERAUTH_SUCCESS'] = () => answer.resolve(52);
  protocol._handlers['USERAUTH_PK_OK'] = () => answer.resolve(60);
  const request = Buffer.concat([
    Buffer.from([50]),
    ...[user, 'ssh-connection', 'publickey'].map(wireString),
    Buffer.from([prove === undefined ? 0 : 1]),
    wireString(algorithm),
    wireString(certificate),
  ]);
  const signed = Buffer.concat([wireString(protocol._kex.sessionID), request]);
  const payload = prove === undefined ? request : Buffer.concat([request, wireString(prove(signed))]);
  const writer = raw._protocol._packetRW.write;
  const packet = writer.alloc(payload.length);
  packet.set(payload, writer.allocStart);
  protocol._authsQueue.push('publickey');
  sendPacket(raw._protocol, writer.finalize(packet));
  try {
    return await answer.promise;
  } finally {
    raw.destroy();
  }
}

const sessions = (): number => gateway.records().filter(({ type }) => type === 'session.opened').length;

describe('the right certificate', () => {
  it('P11: lets in who proves its key; offered alone it would do, and opens nothing', async () => {
    const certificate = blobOf(issued);
    const before = sessions();
    expect(await attempt({ certificate })).toBe(60);
    expect(sessions()).toBe(before);
    expect(await attempt({ certificate, prove: key.sign })).toBe(52);
    await gateway.recordsUntil((all) =>
      all.some(({ type, credential }) => type === 'credential.used' && credential === issued.id),
    );
  });

  it.each([
    ['by another key', () => stranger.sign],
    ['over other data', () => (data: Buffer) => key.sign(Buffer.concat([data, Buffer.from([0])]))],
    [
      'of another connection',
      () => (data: Buffer) => key.sign(Buffer.concat([wireString(Buffer.alloc(32)), data.subarray(36)])),
    ],
    ['of the request without the session', () => (data: Buffer) => key.sign(data.subarray(36))],
    ['of nothing', () => () => key.sign(Buffer.alloc(0))],
    ['that is empty', () => () => Buffer.alloc(0)],
    ['that is cut off', () => (data: Buffer) => key.sign(data).subarray(0, -1)],
    ['with more behind it', () => (data: Buffer) => Buffer.concat([key.sign(data), Buffer.alloc(4)])],
    ['without its name', () => (data: Buffer) => key.raw(data)],
    [
      'under the name of the certificate',
      () => (data: Buffer) => Buffer.concat([wireString(TYPE), wireString(key.raw(data))]),
    ],
    [
      'under the name of another algorithm',
      () => (data: Buffer) => Buffer.concat([wireString('rsa-sha2-512'), wireString(key.raw(data))]),
    ],
    ['by the authority itself', () => authority('user').sign],
  ])('P11: with a signature %s lets nobody in', async (_what, prove) => {
    const before = sessions();
    expect(await attempt({ certificate: blobOf(issued), prove: prove() })).toBe(51);
    expect(sessions()).toBe(before);
  });
});

describe('a certificate', () => {
  const now = (): bigint => BigInt(Math.floor(Date.now() / 1000));
  it.each([
    ['of an authority of somebody else', () => forge({}, stranger)],
    ['that signed itself', () => forge({}, key)],
    ['of the authority for hosts', () => forge({}, authority('host'))],
    ['of the authority for machines', () => forge({}, authority('upstream'))],
    ['for hosts, by the authority for users', () => forge({ kind: 'host' })],
    ['that has expired', () => forge({ validAfter: now() - 600n, validBefore: now() - 1n })],
    ['that is not valid yet', () => forge({ validAfter: now() + 600n, validBefore: now() + 900n })],
    ['that is valid backwards', () => forge({ validAfter: now() + 60n, validBefore: now() - 60n })],
    ['for nobody, which would be everybody', () => forge({ principals: [] })],
    ['for somebody else', () => forge({ principals: [`sallyport-user:${'0'.repeat(32)}`] })],
    ['for the account by its name', () => forge({ principals: ['deploy', 'root', 'box'] })],
    [
      'with an unknown critical option',
      () => forge({ criticalOptions: new Map([['force-command', wireString('x')]]) }),
    ],
    [
      'with a critical option without a name',
      () => forge({ criticalOptions: new Map([['', Buffer.alloc(0)]]) }),
    ],
    [
      'for another address',
      () => forge({ criticalOptions: new Map([['source-address', wireString('10.0.0.0/8')]]) }),
    ],
    [
      'for addresses that are none',
      () => forge({ criticalOptions: new Map([['source-address', wireString('127.0.0.1,')]]) }),
    ],
    [
      'with an empty source-address',
      () => forge({ criticalOptions: new Map([['source-address', Buffer.alloc(0)]]) }),
    ],
    ['of a session credential that never was', () => forge({ keyId: 'cred_0000000000000000 ada' })],
    ['of no session credential', () => forge({ keyId: 'ada' })],
    ['with the id in the middle', () => forge({ keyId: `x ${fields.keyId}` })],
    ['of another key, with the words of the right one', () => forge({}, authority('user'), stranger)],
  ])('P11: %s lets nobody in, and is on record', async (_what, make) => {
    const before = sessions();
    const certificate = make();
    const prove = (data: Buffer): Buffer =>
      (readCertificate(certificate)?.key.equals(stranger.publicKey) ? stranger : key).sign(data);
    expect(await attempt({ certificate, prove })).toBe(51);
    expect(await attempt({ certificate })).toBe(51);
    expect(sessions()).toBe(before);
    await gateway.recordsUntil((all) =>
      all.some(({ code, message }) => code === 'ERR_SSH_CERTIFICATE' && message !== ''),
    );
  });

  it('P11: with one byte changed anywhere lets nobody in', async () => {
    const whole = blobOf(issued);
    for (let at = 3; at < whole.length; at += 37) {
      const certificate = Buffer.from(whole);
      certificate[at] = (certificate[at] ?? 0) ^ 0x20;
      expect(await attempt({ certificate, prove: key.sign }), String(at)).toBe(51);
    }
  });

  it('P11: is no plain key, and a plain key is no certificate', async () => {
    expect(await attempt({ certificate: key.publicKey, algorithm: 'ssh-ed25519', prove: key.sign })).toBe(51);
    expect(await attempt({ certificate: key.publicKey, prove: key.sign })).toBe(51);
    expect(await attempt({ certificate: blobOf(issued), algorithm: 'ssh-ed25519', prove: key.sign })).toBe(
      51,
    );
    expect(
      await attempt({
        certificate: blobOf(issued),
        algorithm: 'ssh-dss-cert-v01@openssh.com',
        prove: key.sign,
      }),
    ).toBe(51);
  });

  it('P12: that was revoked lets nobody in, and neither does another one of the same words', async () => {
    const token = await gateway.issuer.token();
    const gone = await askApi(gateway, `/v1/credentials/${issued.id}`, { token, method: 'DELETE' });
    expect(gone.status).toBe(200);
    expect(await attempt({ certificate: blobOf(issued), prove: key.sign })).toBe(51);
    expect(await attempt({ certificate: forge({}), prove: key.sign })).toBe(51);
  });

  it('P11: of one person is worth nothing with the words of another', async () => {
    const other = await certify(stranger, { sub: 'eve' });
    const theirs = readCertificate(blobOf(other));
    const certificate = forge({ keyId: fields.keyId, principals: theirs?.principals ?? [] });
    expect(await attempt({ certificate, prove: key.sign })).toBe(51);
    const swapped = forge({ keyId: theirs?.keyId ?? '' });
    expect(await attempt({ certificate: swapped, prove: key.sign })).toBe(51);
  });

  it('P6: is no secret, and its credential is no password', async () => {
    const raw = new ssh2.Client() as unknown as RawClient;
    const { host, port } = gateway;
    const failed = new Promise<Error>((resolve) => raw.once('error', resolve));
    const password = `${issued.id}.${issued.certificate.split(' ')[1]?.slice(0, 200)}`;
    raw.connect({ host, port, username: 'deploy+box', password });
    expect((await failed).message).toContain('authentication methods failed');
    const elsewhere = await askApi(gateway, '/v1/whoami', { token: issued.certificate.split(' ')[1] ?? '' });
    expect(elsewhere.status).toBe(401);
  });

  it('P10: that is offered without end gets no further than forty times', async () => {
    const raw = new ssh2.Client() as unknown as RawClient;
    let offers = 0;
    const closed = new Promise<void>((resolve) => raw.once('close', () => resolve()));
    raw.on('error', () => undefined);
    const { host, port } = gateway;
    const plain = readPrivateKey(newHostKeyText());
    const next = (_left: unknown, _partial: unknown, use: (method: object) => void): void => {
      offers += 1;
      use({ type: 'publickey', username: 'deploy+box', key: plain });
    };
    raw.connect({ host, port, username: 'deploy+box', authHandler: next });
    await closed;
    expect(offers).toBeLessThanOrEqual(42);
  });

  it('P10: garbage under its name ends nothing but the attempt', async () => {
    for (const certificate of [
      Buffer.alloc(0),
      Buffer.alloc(4),
      Buffer.alloc(20_000, 0xff),
      wireString(TYPE),
      Buffer.concat([wireString(TYPE), Buffer.alloc(200)]),
    ]) {
      expect(await attempt({ certificate, prove: key.sign })).toBe(51);
    }
    expect(await attempt({ certificate: blobOf(issued), prove: key.sign })).toBe(52);
  });
});
