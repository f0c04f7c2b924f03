/**
 * Logs a client in by a session credential: SCRAM, with channel binding inside TLS. Whoever does not prove the secret is told
 * the same, in the same steps, whether the credential exists or not.
 */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { SessionCredential } from '../../../credentials/session/session-credential.ts';
import type { Unusable, Use } from '../../../credentials/session/session-credentials.ts';
import { limitKey } from '../../../listener/ip-address.ts';
import type { Principal } from '../../../model/principal.ts';
import type { ProtocolServices } from '../../protocol.ts';
import { plainError, SqlState } from '../refusal.ts';
import { tlsServerEndPoint } from '../upstream/channel-binding.ts';
import {
  encodeAuthenticationSasl,
  encodeAuthenticationSaslContinue,
  encodeAuthenticationSaslFinal,
} from '../wire/backend/authentication.ts';
import { decodeSaslInitialResponse, decodeSaslResponse } from '../wire/frontend/password.ts';
import { LoginRefusal } from './login-refusal.ts';
import { handshakeError, readHandshakeMessage } from './read-handshake-message.ts';
import { mockScramKeys, parseScramVerifier } from './scram/scram-keys.ts';
import { createScramServer, type ScramFault, type ScramMechanism } from './scram/scram-server.ts';

/** What a login by credential works with. */
export interface CredentialLogin {
  readonly id: string;
  readonly use: Use;
  readonly stream: Duplex;
  /** The gateway's certificate in this connection; undefined without TLS. */
  readonly certificate: Buffer | undefined;
  readonly sourceAddress: string;
  readonly signal: AbortSignal;
}

/** Who came, and by what. */
export interface CredentialHolder {
  readonly principal: Principal;
  readonly credential: SessionCredential;
}

const MAX_MESSAGE_BYTES = 4096;
const NONCE_BYTES = 18;

/** Told to everybody who is refused before the secret is proved, and to its holder when it is over. */
const REFUSED =
  'password authentication failed: the session credential is unknown, over, revoked or used up, or its secret is wrong; mint a new one';

/**
 * Runs the exchange and takes one use of the credential.
 * @throws LoginRefusal; PostgresError or WireError when the client breaks the protocol
 */
export async function logInByCredential(
  login: CredentialLogin,
  { credentials }: Pick<ProtocolServices<unknown>, 'credentials'>,
): Promise<CredentialHolder> {
  const attempt = { id: login.id, source: limitKey(login.sourceAddress) };
  if (credentials.guard.isBlocked(attempt)) {
    throw new LoginRefusal(
      'ERR_POSTGRES_CREDENTIAL_GUESSED',
      SqlState.invalidPassword,
      'too many failed logins with session credentials; wait a minute',
    );
  }
  const { salt, verifier } = await credentials.challenge(login.id, login.use.protocol);
  const known = verifier === undefined ? undefined : parseScramVerifier(verifier);
  const serverFinal = await runScram(login, known ?? mockScramKeys(salt));
  if (serverFinal === undefined || known === undefined) {
    credentials.guard.noteFailure(attempt);
    throw refused(`nobody proved the secret of session credential ${login.id}`);
  }
  const redeemed = await credentials.redeem(login.id, login.use);
  if (!redeemed.ok) throw unusable(login.id, redeemed.reason);
  credentials.guard.noteSuccess(attempt);
  login.stream.write(encodeAuthenticationSaslFinal(serverFinal));
  return { principal: redeemed.principal, credential: redeemed.credential };
}

/** The server's last message where the client has proved the secret, else undefined. */
async function runScram(
  login: CredentialLogin,
  keys: ReturnType<typeof mockScramKeys>,
): Promise<string | undefined> {
  const { stream, signal, certificate } = login;
  const binding = certificate === undefined ? undefined : tlsServerEndPoint(certificate);
  const offered: readonly ScramMechanism[] =
    binding === undefined ? ['SCRAM-SHA-256'] : ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'];
  stream.write(encodeAuthenticationSasl(offered));
  const how = { maxBytes: MAX_MESSAGE_BYTES, signal };
  const chosen = await readHandshakeMessage(stream, decodeSaslInitialResponse, how);
  const mechanism = offered.find((name) => name === chosen.mechanism);
  if (mechanism === undefined) throw handshakeError('the client chose a SASL mechanism that was not offered');
  const nonce = randomBytes(NONCE_BYTES).toString('base64');
  const scram = createScramServer({ keys, mechanism, binding, nonce });
  const first = scram.first(textOf(chosen.data));
  if (!first.ok) throw faulty(first.fault);
  stream.write(encodeAuthenticationSaslContinue(first.answer));
  const response = await readHandshakeMessage(stream, decodeSaslResponse, how);
  const final = scram.final(textOf(response.data));
  if (!final.ok) throw faulty(final.fault);
  return final.answer.isProved ? final.answer.serverFinal : undefined;
}

function textOf(data: Buffer | undefined): string {
  return data?.toString('latin1') ?? '';
}

function faulty(fault: ScramFault): Error {
  switch (fault) {
    case 'malformed':
      return handshakeError('the client sent a malformed SCRAM message');
    case 'authzid':
      return handshakeError('an authorization identity is not supported');
    case 'downgrade':
    case 'channel':
      return new LoginRefusal(
        'ERR_POSTGRES_CHANNEL_BINDING',
        SqlState.invalidAuthorization,
        'the channel binding does not hold: the client sees another TLS connection or another offer than the gateway made',
      );
  }
}

/** The holder has proved the secret: where it fits he may know, or he would look for his mistake in vain. */
function unusable(id: string, reason: Unusable): LoginRefusal {
  if (reason === 'resource' || reason === 'account') {
    const message = `session credential ${id} was minted for another ${reason} than the connection names`;
    return new LoginRefusal('ERR_POSTGRES_CREDENTIAL', SqlState.invalidPassword, message);
  }
  return refused(`session credential ${id} cannot be used: ${reason}`);
}

function refused(message: string): LoginRefusal {
  const answer = plainError(SqlState.invalidPassword, REFUSED, 'FATAL');
  return new LoginRefusal('ERR_POSTGRES_CREDENTIAL', SqlState.invalidPassword, message, answer);
}
