/** The client's side of NTLMv2 (MS-NLMP 3.1.5.1). */
import { NlaFault } from '../errors.ts';
import { Rc4 } from '../rc4.ts';
import { AV, type AvPairs, withMic } from './av-pairs.ts';
import { channelBindings } from './channel-bindings.ts';
import { fileTime } from './file-time.ts';
import { areSufficient, CLIENT_FLAGS, NEGOTIATE } from './flags.ts';
import { hmacMd5, responseKey } from './keys.ts';
import { readChallenge, withMicOf, writeAuthenticate, writeNegotiate } from './messages.ts';
import { lmv2Response, ntlmv2Response, type Response } from './response.ts';
import { NtlmSealing } from './sealing.ts';

/** Who logs in where. */
export interface NtlmClientOptions {
  readonly user: string;
  readonly domain: string;
  /** 16 bytes; the caller's to zero. */
  readonly ntHash: Uint8Array;
  /** Service principal name of the server, such as `TERMSRV/host`. */
  readonly targetName: string;
  /** Of the certificate that the server showed. */
  readonly endPointHash: Uint8Array;
  readonly nowMs: number;
  readonly random: (bytes: number) => Buffer;
}

/** Makes one login. */
export class NtlmClient {
  readonly #options: NtlmClientOptions;
  readonly #negotiate = writeNegotiate(CLIENT_FLAGS);

  constructor(options: NtlmClientOptions) {
    this.#options = options;
  }

  /** NEGOTIATE_MESSAGE. */
  negotiate(): Buffer {
    return this.#negotiate;
  }

  /** Answers the server's challenge. @throws NlaFault */
  authenticate(challenge: Buffer): { readonly message: Buffer; readonly sealing: NtlmSealing } {
    const { flags, serverChallenge, targetInfo } = readChallenge(challenge);
    if (!areSufficient(flags))
      throw new NlaFault('ERR_RDP_NLA_MECHANISM', 'the server cannot seal by NTLMv2 with 128 bits');
    const { user, domain, random } = this.#options;
    const { ntResponse, lmResponse, sessionBaseKey } = this.#respond(serverChallenge, targetInfo);
    const sessionKey = random(16);
    const stream = new Rc4(sessionBaseKey);
    const bare = writeAuthenticate({
      flags: ((flags & (CLIENT_FLAGS | NEGOTIATE.targetInfo)) | NEGOTIATE.version) >>> 0,
      domain,
      user,
      workstation: '',
      lmResponse,
      ntResponse,
      encryptedKey: stream.apply(sessionKey),
    });
    stream.wipe();
    sessionBaseKey.fill(0);
    const message = withMicOf(bare, hmacMd5(sessionKey, this.#negotiate, challenge, bare));
    const sealing = new NtlmSealing(sessionKey, 'client');
    sessionKey.fill(0);
    return { message, sealing };
  }

  #respond(serverChallenge: Buffer, targetInfo: AvPairs): Response & { readonly lmResponse: Buffer } {
    const { ntHash, user, domain, nowMs, random, endPointHash, targetName } = this.#options;
    const attributes = new Map(targetInfo);
    // The server checks what it finds here: the integrity code is always promised, and always there.
    attributes.set(AV.flags, withMic(targetInfo));
    attributes.set(AV.channelBindings, channelBindings(endPointHash));
    attributes.set(AV.targetName, Buffer.from(targetName, 'utf16le'));
    const timestamp = targetInfo.get(AV.timestamp);
    const key = responseKey(ntHash, user, domain);
    const parts = {
      key,
      serverChallenge,
      clientChallenge: random(8),
      timestamp: timestamp?.length === 8 ? timestamp : fileTime(nowMs),
      attributes,
    };
    // A server that names its time wants zeros in place of the older response (MS-NLMP 3.1.5.1.2).
    const lmResponse = timestamp === undefined ? lmv2Response(parts) : Buffer.alloc(24);
    const response = ntlmv2Response(parts);
    key.fill(0);
    return { ...response, lmResponse };
  }
}
