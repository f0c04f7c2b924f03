import { describe, expect, it, vi } from 'vitest';
import { readTsRequest, writeTsRequest } from './credssp/ts-request.ts';
import { ntHash } from './ntlm/keys.ts';
import { identity, logIn, newClient, newServer, SECRET, USER } from './testing/peers.ts';

const refused = (code: string): object => expect.objectContaining({ code });

describe('CredSSP, both roles', () => {
  it('logs in by the newest version, and hands over what comes behind', async () => {
    const outcome = await logIn(newClient(), newServer(), (bytes, place) =>
      place === 4 ? Buffer.concat([bytes, Buffer.from('mcs')]) : bytes,
    );
    expect(outcome.server).toEqual({ user: USER, domain: '', version: 6, rest: Buffer.from('mcs') });
    expect(outcome.client).toEqual({ version: 6, rest: Buffer.alloc(0) });
    expect(outcome.sent).toHaveLength(5);
  });

  it('takes names with a domain and letters that are not ASCII', async () => {
    const lookUp = async (): Promise<{ ntHash: Buffer }> => ({ ntHash: ntHash(SECRET) });
    const outcome = await logIn(newClient({ user: 'Jürgen', domain: 'Büro' }), newServer({ lookUp }));
    expect(outcome.server).toMatchObject({ user: 'Jürgen', domain: 'Büro' });
  });

  it('takes bytes one by one', async () => {
    const client = newClient();
    const server = newServer();
    const push = async (bytes: Buffer): Promise<Buffer> => {
      const steps = [];
      for (const byte of bytes) steps.push(await server.push(Buffer.from([byte])));
      expect(steps.every(({ failed }) => failed === undefined)).toBe(true);
      return Buffer.concat(steps.map(({ send }) => send));
    };
    const challenge = await push(client.start());
    const { send } = await client.push(challenge);
    const { done } = await client.push(await push(send));
    expect(done).toMatchObject({ version: 6 });
  });

  it.each([2, 3, 4])('P3: an old client of version %i is refused unless it is allowed', async (version) => {
    const first = (bytes: Buffer): Buffer => writeTsRequest({ ...readTsRequest(bytes), version });
    const outcome = await logIn(newClient(), newServer(), (bytes, place) =>
      place === 0 ? first(bytes) : bytes,
    );
    expect(outcome.server).toEqual(refused('ERR_RDP_NLA_VERSION'));
    const allowed = await logIn(
      newClient({ allowOldVersions: true }),
      newServer({ allowOldVersions: true }),
      (bytes) => first(bytes),
    );
    expect(allowed.server).toMatchObject({ user: USER, version });
    expect(allowed.client).toMatchObject({ version });
  });

  it('P3: nobody changes the version on the way', async () => {
    const lowered = (bytes: Buffer, place: number): Buffer =>
      place === 2 ? writeTsRequest({ ...readTsRequest(bytes), version: 5 }) : bytes;
    expect((await logIn(newClient(), newServer(), lowered)).server).toEqual(refused('ERR_RDP_NLA_VERSION'));
    const byServer = (bytes: Buffer, place: number): Buffer =>
      place === 3 ? writeTsRequest({ ...readTsRequest(bytes), version: 5 }) : bytes;
    expect((await logIn(newClient(), newServer(), byServer)).client).toEqual(refused('ERR_RDP_NLA_VERSION'));
  });

  it('P11: an unknown user and a wrong secret are told apart by nothing', async () => {
    const unknown = await logIn(newClient({ user: 'nobody' }), newServer());
    const wrong = await logIn(newClient({ password: 'wrong' }), newServer());
    for (const { server, client } of [unknown, wrong]) {
      expect(server).toEqual(refused('ERR_RDP_NLA_LOGON'));
      expect(client).toMatchObject({
        code: 'ERR_RDP_NLA_REFUSED',
        message: expect.stringContaining('c000006d'),
      });
    }
    expect((unknown.server as Error).message).toBe((wrong.server as Error).message);
    expect(unknown.sent.at(-1)?.bytes).toEqual(wrong.sent.at(-1)?.bytes);
  });

  it('P6: what was looked up is zeroed, whether the secret was right or not', async () => {
    const kept = [ntHash(SECRET), ntHash(SECRET)];
    for (const [index, password] of [SECRET, 'wrong'].entries()) {
      const hash = kept[index] ?? Buffer.alloc(0);
      await logIn(newClient({ password }), newServer({ lookUp: async () => ({ ntHash: hash }) }));
    }
    expect(kept).toEqual([Buffer.alloc(16), Buffer.alloc(16)]);
  });

  it('P11: a login that is relayed to another TLS connection is refused by its key', async () => {
    const other = { ...identity, publicKey: Buffer.alloc(270, 0x31) };
    const outcome = await logIn(newClient(), newServer({ identity: other }));
    expect(outcome.server).toEqual(refused('ERR_RDP_NLA_BINDING'));
    const old = await logIn(
      newClient({ allowOldVersions: true }),
      newServer({ identity: other, allowOldVersions: true }),
      (bytes) => writeTsRequest({ ...readTsRequest(bytes), version: 4 }),
    );
    expect(old.server).toEqual(refused('ERR_RDP_NLA_BINDING'));
  });

  it('P11: a login that is relayed to another certificate of the same key is refused by its hash', async () => {
    const other = { ...identity, endPointHash: Buffer.alloc(32, 0x45) };
    const outcome = await logIn(newClient(), newServer({ identity: other }));
    expect(outcome.server).toEqual(refused('ERR_RDP_NLA_BINDING'));
  });

  it('P6: a server that does not know the secret gets no password', async () => {
    // It accepts everybody, and then cannot prove the binding: the session key is under the secret.
    const lookUp = async (): Promise<{ ntHash: Buffer }> => ({ ntHash: ntHash('guessed') });
    const outcome = await logIn(newClient(), newServer({ lookUp }));
    expect(outcome.sent.some(({ by, bytes }) => by === 'client' && readTsRequest(bytes).authInfo)).toBe(
      false,
    );
    // One that sends the client's own binding back, or a message of its own, fails as well.
    const reflected = await logIn(newClient(), newServer(), (bytes, place) => {
      if (place === 2) own = readTsRequest(bytes).pubKeyAuth;
      return place === 3 ? writeTsRequest({ version: 6, pubKeyAuth: own }) : bytes;
    });
    expect(reflected.client).toEqual(refused('ERR_RDP_NLA_INTEGRITY'));
  });
  let own: Buffer | undefined;

  it('asks whether to let in only after the binding, and tells a refusal as a restriction', async () => {
    const admit = vi.fn<(login: object) => Promise<boolean>>(async () => false);
    const outcome = await logIn(newClient(), newServer({ admit }));
    expect(outcome.server).toEqual(refused('ERR_RDP_NLA_NOT_ADMITTED'));
    expect(outcome.client).toMatchObject({ message: expect.stringContaining('c000006e') });
    expect(admit).toHaveBeenCalledExactlyOnceWith({ user: USER, domain: '' });
    const other = { ...identity, publicKey: Buffer.alloc(270, 0x31) };
    await logIn(newClient(), newServer({ admit, identity: other }));
    await logIn(newClient({ password: 'wrong' }), newServer({ admit }));
    expect(admit).toHaveBeenCalledOnce();
  });

  it('replayed messages prove nothing to another server, nor twice to the same', async () => {
    const recorded = (await logIn(newClient(), newServer())).sent.filter(({ by }) => by === 'client');
    const [negotiate, authenticate] = recorded.map(({ bytes }) => bytes);
    const server = newServer();
    await server.push(negotiate ?? Buffer.alloc(0));
    const replayed = await server.push(authenticate ?? Buffer.alloc(0));
    expect(replayed.failed).toEqual(refused('ERR_RDP_NLA_LOGON'));
    await expect(server.push(authenticate ?? Buffer.alloc(0))).rejects.toThrow(TypeError);
    const twice = newServer();
    await twice.push(negotiate ?? Buffer.alloc(0));
    expect((await twice.push(negotiate ?? Buffer.alloc(0))).failed).toEqual(refused('ERR_RDP_NLA_MESSAGE'));
  });

  it('a step that is left out, or comes too early, ends the login', async () => {
    const pushed = async (fields: Parameters<typeof writeTsRequest>[0]): Promise<unknown> =>
      (await newServer().push(writeTsRequest(fields))).failed;
    const bytes = Buffer.alloc(32);
    for (const fields of [{}, { authInfo: bytes }, { pubKeyAuth: bytes }, { negoToken: bytes }])
      expect(await pushed({ version: 6, clientNonce: bytes, ...fields })).toEqual(
        refused('ERR_RDP_NLA_MESSAGE'),
      );
    const noNonce = await logIn(newClient(), newServer(), (sent, place) =>
      place === 2 ? writeTsRequest({ ...readTsRequest(sent), clientNonce: undefined }) : sent,
    );
    expect(noNonce.server).toEqual(refused('ERR_RDP_NLA_MESSAGE'));
    const noBinding = await logIn(newClient(), newServer(), (sent, place) =>
      place === 2 ? writeTsRequest({ ...readTsRequest(sent), pubKeyAuth: undefined }) : sent,
    );
    expect(noBinding.server).toEqual(refused('ERR_RDP_NLA_MESSAGE'));
  });

  it('refuses credentials that were changed on the way', async () => {
    const outcome = await logIn(newClient(), newServer(), (bytes, place) => {
      if (place !== 4) return bytes;
      const changed = Buffer.from(bytes);
      changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
      return changed;
    });
    expect(outcome.server).toEqual(refused('ERR_RDP_NLA_INTEGRITY'));
  });

  it('fails when its store does, and takes nothing more', async () => {
    const server = newServer({ lookUp: () => Promise.reject(new Error('disk')) });
    const client = newClient();
    const { send } = await server.push(client.start());
    await expect(server.push((await client.push(send)).send)).rejects.toThrow('disk');
    await expect(server.push(Buffer.alloc(1))).rejects.toThrow(TypeError);
  });

  it('takes one call at a time', async () => {
    const server = newServer();
    const first = server.push(newClient().start());
    await expect(server.push(Buffer.alloc(1))).rejects.toThrow(TypeError);
    await first;
  });
});
