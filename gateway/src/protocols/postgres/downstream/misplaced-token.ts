/** Tokens and secrets where none belongs: users paste them into the wrong part of a URL, and from there they would be recorded. */
import { CREDENTIAL_SECRET } from '../../../credentials/session/credential-text.ts';
import { SqlState } from '../refusal.ts';
import type { StartupMessage } from '../wire/startup.ts';
import { LoginRefusal } from './login-refusal.ts';

/** A compact JWS (RFC 7515 section 7.1): its header is JSON, so it begins with the Base64 of `{"`. */
const TOKEN = /eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g;

/** The text with every token, and every secret of a session credential, blotted out. */
export function withoutTokens(text: string): string {
  return text.replace(TOKEN, '[token]').replace(CREDENTIAL_SECRET, '[secret]');
}

/**
 * Refuses a startup packet with a token in its parameters, before anything of it is recorded or sent upstream (P6).
 * @throws LoginRefusal `ERR_POSTGRES_MISPLACED_TOKEN`
 */
export function refuseMisplacedToken(startup: StartupMessage): void {
  for (const [name, value] of startup.parameters) {
    if (withoutTokens(name) === name && withoutTokens(value) === value) continue;
    throw new LoginRefusal(
      'ERR_POSTGRES_MISPLACED_TOKEN',
      SqlState.invalidAuthorization,
      'a startup parameter, such as user or database, holds a token or a secret: it belongs in the password and nowhere else',
    );
  }
}
