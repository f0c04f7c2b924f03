/** Where the parts of a deployment find what they share: volumes, mounted under the folder that each of them starts in. */

/** The certificate of each authority, for everybody. */
export const TRUST_FOLDER = 'run/trust';
/** Passwords of the shop's accounts: for the gateway, never for agents. */
export const ACCOUNTS_FOLDER = 'run/accounts';
/** There while the shop takes connections and is full. */
export const SHOP_READY_FILE = 'run/accounts/ready';

/** Authority, certificate and keys of one server, for that server alone. */
export function serverFolder(name: string): string {
  return `run/certificates/${name}`;
}

/** File with the secret of a client of the identity provider, for that client alone. */
export function clientSecretFile(client: string): string {
  return `run/clients/${client}/secret`;
}
