/** Who exists in the demo's identity provider: machines with a secret, people with a password. */
import { randomBytes } from 'node:crypto';

/** Names of the machines. */
export type MachineId = 'agent-1' | 'agent-2' | 'approver' | 'admin';

/** A client of the client credentials grant: an agent, or a person's script. */
export interface Machine {
  readonly id: MachineId;
  readonly groups: readonly string[];
  /** The person it acts for: becomes `sub`, and the machine moves into `act` (RFC 8693 section 4.1). */
  readonly actsFor?: string;
}

/** Somebody who can sign in with a browser. */
export interface Person {
  readonly login: string;
  readonly name: string;
  readonly groups: readonly string[];
}

const MACHINES: readonly Machine[] = [
  { id: 'agent-1', groups: ['data-agents'] },
  { id: 'agent-2', groups: ['data-agents'], actsFor: 'ada' },
  { id: 'approver', groups: ['approvers'] },
  { id: 'admin', groups: ['admins'] },
];

const PEOPLE: readonly Person[] = [
  { login: 'ada', name: 'Ada Farrow', groups: ['data-agents'] },
  { login: 'bo', name: 'Bo Amundsen', groups: ['approvers'] },
  { login: 'cleo', name: 'Cleo Peretz', groups: ['admins'] },
];

/** Everybody, with secrets that exist only in this process. */
export interface Directory {
  readonly machines: readonly (Machine & { readonly secret: string })[];
  readonly people: readonly (Person & { readonly password: string })[];
}

/** A directory with fresh secrets: even on loopback, another user of this machine must not become admin. */
export function createDirectory(): Directory {
  const secret = (): string => randomBytes(24).toString('base64url');
  return {
    machines: MACHINES.map((machine) => ({ ...machine, secret: secret() })),
    people: PEOPLE.map((person) => ({ ...person, password: randomBytes(6).toString('base64url') })),
  };
}
