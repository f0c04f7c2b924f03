/** Judges the settings of a startup packet and picks those that go to the server with the login. */
import { isServedByUtf8 } from '../facts/client-encoding.ts';
import type { Judge } from '../facts/judge.ts';
import { refusalError, SqlState } from '../refusal.ts';
import { LoginRefusal } from './login-refusal.ts';
import type { RequestedSetting } from './startup-settings.ts';
import { toSetStatement } from './startup-settings.ts';

/** Settings that the gateway fixes for the session: they can be changed later, if policy allows, but not here. */
const NOT_AT_STARTUP: ReadonlySet<string> = new Set(['search_path', 'role', 'session_authorization']);

/**
 * The settings to send with the login.
 * @throws LoginRefusal naming the first setting that is refused.
 */
export function vetSettings(
  settings: readonly RequestedSetting[],
  judge: Judge,
): ReadonlyMap<string, string> {
  const vetted = new Map<string, string>();
  for (const setting of settings) {
    if (setting.name === 'client_encoding') {
      if (!isServedByUtf8(setting.value)) {
        throw refuse('client_encoding must be UTF8: the gateway reads statements in no other encoding');
      }
    } else if (setting.name === 'standard_conforming_strings') {
      if (!['on', 'true', '1', 'yes'].includes(setting.value.toLowerCase())) {
        throw refuse('standard_conforming_strings is fixed to on');
      }
    } else if (NOT_AT_STARTUP.has(setting.name)) {
      throw refuse(
        `${setting.name} cannot be set in the startup packet; use SET after connecting, if policy allows it`,
      );
    } else {
      const statement = judge.read(toSetStatement(setting));
      const verdict = judge.decide(judge.access(statement));
      if (verdict.decision.effect === 'deny') {
        const message = `the policy denies the startup setting ${setting.name}`;
        throw new LoginRefusal(
          'ERR_POSTGRES_SETTING_DENIED',
          SqlState.insufficientPrivilege,
          message,
          refusalError(verdict, 'FATAL'),
        );
      }
      vetted.set(setting.name, setting.value);
    }
  }
  return vetted;
}

function refuse(message: string): LoginRefusal {
  return new LoginRefusal('ERR_POSTGRES_SETTING_DENIED', SqlState.featureNotSupported, message);
}
