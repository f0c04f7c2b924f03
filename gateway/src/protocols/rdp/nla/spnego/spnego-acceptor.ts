/** The server's side of SPNEGO with NTLM as the only mechanism (RFC 4178), or of NTLM that comes without it. */
import { malformed, NlaFault } from '../errors.ts';
import { isNtlmMessage } from '../ntlm/fields.ts';
import type { NtlmLogin, NtlmServer } from '../ntlm/ntlm-server.ts';
import {
  isNegTokenInit,
  NEG_STATE,
  type NegTokenInit,
  type NegTokenResp,
  NTLMSSP,
  readNegTokenInit,
  readNegTokenResp,
  writeNegTokenResp,
} from './tokens.ts';

/** What to answer, and the login when it is proved. */
export interface AcceptorStep {
  /** Absent where the other side needs no answer. */
  readonly token: Buffer | undefined;
  readonly login: NtlmLogin | undefined;
}

/** How messages of NTLM are wrapped. */
type Wrapping =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'spnego';
      readonly init: NegTokenInit;
      /** Whether the list may have been changed on its way: NTLM is not what the client would rather have. */
      readonly needsMic: boolean;
    };

/** Accepts one negotiation. */
export class SpnegoAcceptor {
  readonly #ntlm: NtlmServer;
  #wrapping: Wrapping | undefined;
  #isChallenged = false;

  constructor(ntlm: NtlmServer) {
    this.#ntlm = ntlm;
  }

  /** Takes the client's next token. @throws NlaFault */
  async step(token: Buffer): Promise<AcceptorStep> {
    if (this.#wrapping === undefined) return this.#first(token);
    if (this.#wrapping.kind === 'spnego') return this.#wrapped(this.#wrapping, readNegTokenResp(token));
    return { token: undefined, login: await this.#ntlm.authenticate(token) };
  }

  #first(token: Buffer): AcceptorStep {
    if (isNtlmMessage(token)) {
      this.#wrapping = { kind: 'none' };
      return { token: this.#ntlm.challenge(token), login: undefined };
    }
    if (!isNegTokenInit(token)) throw malformed('a first token that is neither of NTLM nor of SPNEGO');
    const init = readNegTokenInit(token);
    const place = init.mechanisms.findIndex((mechanism) => mechanism.equals(NTLMSSP));
    if (place < 0)
      throw new NlaFault(
        'ERR_RDP_NLA_MECHANISM',
        'the client offers no NTLM, and the gateway has no Kerberos; connect by a name or an address for which the client has no Kerberos ticket',
      );
    this.#wrapping = { kind: 'spnego', init, needsMic: place > 0 };
    // The token that came along is for the mechanism that the client prefers.
    if (place > 0) return answer({ state: NEG_STATE.requestMic, mechanism: NTLMSSP });
    if (init.mechToken === undefined) return answer({ state: NEG_STATE.incomplete, mechanism: NTLMSSP });
    return this.#challenge(init.mechToken, { mechanism: NTLMSSP });
  }

  async #wrapped(
    { init, needsMic }: Extract<Wrapping, { kind: 'spnego' }>,
    { responseToken, mechListMic }: NegTokenResp,
  ): Promise<AcceptorStep> {
    if (responseToken === undefined) throw malformed('a token of SPNEGO with none of NTLM in it');
    if (!this.#isChallenged) return this.#challenge(responseToken, {});
    const login = await this.#ntlm.authenticate(responseToken);
    if (mechListMic === undefined) {
      if (needsMic)
        throw new NlaFault('ERR_RDP_NLA_INTEGRITY', 'the list of mechanisms has no integrity code');
      return { ...answer({ state: NEG_STATE.completed }), login };
    }
    login.sealing.verify(init.mechTypes, mechListMic);
    const mic = login.sealing.sign(init.mechTypes);
    // MS-SPNG 3.3.5.1 has it for NTLM alone: what follows is sealed with the key stream from its beginning.
    login.sealing.restart();
    return { ...answer({ state: NEG_STATE.completed, mechListMic: mic }), login };
  }

  #challenge(negotiate: Buffer, fields: NegTokenResp): AcceptorStep {
    this.#isChallenged = true;
    const responseToken = this.#ntlm.challenge(negotiate);
    return answer({ state: NEG_STATE.incomplete, ...fields, responseToken });
  }
}

function answer(response: NegTokenResp): AcceptorStep {
  return { token: writeNegTokenResp(response), login: undefined };
}
