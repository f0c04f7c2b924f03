/** Numbers of NTSTATUS that say why a login is refused (MS-ERREF 2.3), and what people are told. */

/** Those that the gateway sends itself. */
export const STATUS = {
  logonFailure: 0xc000_006d,
  accountRestriction: 0xc000_006e,
  accountExpired: 0xc000_0193,
  accessDenied: 0xc000_0022,
  downgradeDetected: 0xc000_0388,
  notSupported: 0xc000_00bb,
  invalidParameter: 0xc000_000d,
} as const;

const MEANINGS: ReadonlyMap<number, string> = new Map([
  [0xc000_006d, 'the user or the password is wrong'],
  [0xc000_006a, 'the password is wrong'],
  [0xc000_0064, 'there is no such user'],
  [0xc000_006e, 'the account is restricted'],
  [0xc000_006f, 'the account may not log in at this time'],
  [0xc000_0070, 'the account may not log in from this machine'],
  [0xc000_0071, 'the password has expired'],
  [0xc000_0072, 'the account is disabled'],
  [0xc000_0193, 'the account has expired'],
  [0xc000_0224, 'the password has to be changed first'],
  [0xc000_0234, 'the account is locked'],
  [0xc000_015b, 'the account may not log in this way'],
  [0xc000_0022, 'access is denied'],
  [0xc000_005e, 'no domain controller can be reached'],
  [0xc000_0388, 'the version of CredSSP was lowered on the way'],
  [0xc000_0418, 'NTLM is disabled'],
]);

/** What a status says, with its number. */
export function describeStatus(code: number): string {
  const number = code >>> 0;
  const meaning = MEANINGS.get(number);
  return `${meaning === undefined ? 'it does not say why' : meaning} (0x${number.toString(16).padStart(8, '0')})`;
}
