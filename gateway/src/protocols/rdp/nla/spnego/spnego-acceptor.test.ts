import { describe, expect, it } from 'vitest';
import { der, inside, octetString, sequence } from '../der/der-writer.ts';
import { ntHash } from '../ntlm/keys.ts';
import { NtlmClient } from '../ntlm/ntlm-client.ts';
import { NtlmServer } from '../ntlm/ntlm-server.ts';
import type { NtlmSealing } from '../ntlm/sealing.ts';
import { clock, identity, SECRET, USER } from '../testing/peers.ts';
import { SpnegoAcceptor } from './spnego-acceptor.ts';
import { NEG_STATE, NTLMSSP, readNegTokenInit, readNegTokenResp, writeNegTokenResp } from './tokens.ts';

const KERBEROS = Buffer.from('2a864886f712010202', 'hex');
const SPNEGO = Buffer.from('2b0601050502', 'hex');
const random = (bytes: number): Buffer => Buffer.alloc(bytes, 7);

function init(mechanisms: readonly Buffer[], mechToken?: Buffer): Buffer {
  const list = sequence(...mechanisms.map((mechanism) => der(0x06, mechanism)));
  const fields = sequence(inside(0, list), inside(2, mechToken && octetString(mechToken)));
  return der(0x60, der(0x06, SPNEGO), inside(0, fields));
}

function acceptor(): SpnegoAcceptor {
  return new SpnegoAcceptor(
    new NtlmServer({
      lookUp: async (user) => (user === USER ? { ntHash: ntHash(SECRET) } : undefined),
      name: 'gw',
      endPointHash: identity.endPointHash,
      requireMic: true,
      nowMs: clock.nowMs(),
      random,
    }),
  );
}

function client(): NtlmClient {
  const ntlm = { user: USER, domain: '', ntHash: ntHash(SECRET), targetName: 'TERMSRV/gw' };
  return new NtlmClient({ ...ntlm, endPointHash: identity.endPointHash, nowMs: clock.nowMs(), random });
}

const refused = (code: string): object => expect.objectContaining({ code });

/** The server's answer, read. */
async function ask(to: SpnegoAcceptor, token: Buffer): Promise<ReturnType<typeof readNegTokenResp>> {
  const { token: answer } = await to.step(token);
  return readNegTokenResp(answer ?? Buffer.alloc(0));
}

/** Answers the challenge that is in `responseToken`. */
function respond(
  ntlm: NtlmClient,
  responseToken: Buffer | undefined,
): { readonly message: Buffer; readonly sealing: NtlmSealing } {
  return ntlm.authenticate(responseToken ?? Buffer.alloc(0));
}

describe('SPNEGO, the side of the server', () => {
  it('takes NTLM first, checks the code of the list, and begins the key streams anew', async () => {
    const server = acceptor();
    const ntlm = client();
    const first = init([NTLMSSP, KERBEROS], ntlm.negotiate());
    const challenge = await ask(server, first);
    expect(challenge).toMatchObject({ state: NEG_STATE.incomplete, mechanism: NTLMSSP });
    const { message, sealing } = respond(ntlm, challenge.responseToken);
    const { mechTypes } = readNegTokenInit(first);
    const mechListMic = sealing.sign(mechTypes);
    const { token, login } = await server.step(writeNegTokenResp({ responseToken: message, mechListMic }));
    const last = readNegTokenResp(token ?? Buffer.alloc(0));
    expect(last.state).toBe(NEG_STATE.completed);
    sealing.verify(mechTypes, last.mechListMic ?? Buffer.alloc(0));
    sealing.restart();
    expect(login?.sealing.unseal(sealing.seal(Buffer.from('hello')))).toEqual(Buffer.from('hello'));
    expect(login).toMatchObject({ user: USER });
  });

  it('lets clients that would rather have Kerberos fall back, and then insists on the code of the list', async () => {
    for (const withCode of [true, false]) {
      const server = acceptor();
      const ntlm = client();
      const first = init([KERBEROS, NTLMSSP], Buffer.from('a ticket'));
      const fallback = await ask(server, first);
      expect(fallback).toMatchObject({ state: NEG_STATE.requestMic, mechanism: NTLMSSP });
      expect(fallback.responseToken).toBeUndefined();
      const challenge = await ask(server, writeNegTokenResp({ responseToken: ntlm.negotiate() }));
      const { message, sealing } = respond(ntlm, challenge.responseToken);
      const mechListMic = withCode ? sealing.sign(readNegTokenInit(first).mechTypes) : undefined;
      const last = server.step(writeNegTokenResp({ responseToken: message, mechListMic }));
      if (withCode) expect((await last).login).toMatchObject({ user: USER });
      else await expect(last).rejects.toEqual(refused('ERR_RDP_NLA_INTEGRITY'));
    }
  });

  it('P3: a list that was changed on the way is refused', async () => {
    const server = acceptor();
    const ntlm = client();
    const challenge = await ask(server, init([NTLMSSP], ntlm.negotiate()));
    const { message, sealing } = respond(ntlm, challenge.responseToken);
    const sent = readNegTokenInit(init([KERBEROS, NTLMSSP]));
    const last = writeNegTokenResp({ responseToken: message, mechListMic: sealing.sign(sent.mechTypes) });
    await expect(server.step(last)).rejects.toEqual(refused('ERR_RDP_NLA_INTEGRITY'));
  });

  it('asks for a token where the first one brings none', async () => {
    const server = acceptor();
    expect(await ask(server, init([NTLMSSP]))).toMatchObject({ state: NEG_STATE.incomplete });
    const challenge = await ask(server, writeNegTokenResp({ responseToken: client().negotiate() }));
    expect(challenge.responseToken).toBeDefined();
  });

  it('P3: a client of Kerberos alone is told what to do', async () => {
    await expect(acceptor().step(init([KERBEROS], Buffer.from('a ticket')))).rejects.toMatchObject({
      code: 'ERR_RDP_NLA_MECHANISM',
      message: expect.stringContaining('no NTLM'),
    });
  });

  it.each([
    ['neither', Buffer.from('GET / HTTP/1.1')],
    ['another mechanism than SPNEGO', der(0x60, der(0x06, KERBEROS), inside(0, sequence()))],
    [
      'a list without an end',
      der(0x60, der(0x06, SPNEGO), inside(0, sequence(inside(0, Buffer.from([0x30, 5]))))),
    ],
    ['an indefinite length', Buffer.from('6080060603020100', 'hex')],
    ['too many mechanisms', init(Array.from({ length: 33 }, () => KERBEROS))],
  ])('P10: a first token that is %s is malformed', async (_, token) => {
    await expect(acceptor().step(token)).rejects.toEqual(refused('ERR_RDP_NLA_MESSAGE'));
  });
});
