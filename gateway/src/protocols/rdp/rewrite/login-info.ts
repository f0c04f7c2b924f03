/** Client Info: the credentials of the account in place of the client's, and nothing that would start something else. */
import { type ClientInfo, INFO, writeClientInfo } from '../wire/share/client-info.ts';

/** The account of the target. */
export interface TargetLogin {
  readonly domain: string;
  readonly user: string;
  readonly password: string;
}

/** Flags that pass; the others are compression, audio, smart cards, and remote programs. */
const PASSING =
  INFO.MOUSE |
  INFO.DISABLE_CTRL_ALT_DEL |
  INFO.MAXIMIZE_SHELL |
  INFO.LOGON_NOTIFY |
  INFO.ENABLE_WINDOWS_KEY |
  INFO.LOGON_ERRORS |
  INFO.MOUSE_HAS_WHEEL |
  INFO.NO_AUDIO_PLAYBACK;

/**
 * The data of the Client Info for the target. It holds the secret: the caller wipes it once it is sent. What the client said of
 * itself is gone: its user and password, a program to start, its folder, its address, its cookie.
 */
export function targetClientInfo(info: ClientInfo, { domain, user, password }: TargetLogin): Buffer {
  const secret = Buffer.from(password, 'utf16le');
  const data = writeClientInfo({
    codePage: info.codePage,
    flags: ((info.flags & PASSING) | INFO.AUTOLOGON) >>> 0,
    domain,
    user,
    password: secret,
    timeZone: info.timeZone,
    performance: info.performance,
  });
  secret.fill(0);
  return data;
}
