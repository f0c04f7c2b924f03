/** The third protected resource: a machine with files, its key in a file for the gateway. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  fingerprintOf,
  newHostKeyText,
  readPrivateKey,
} from '../../../gateway/src/protocols/ssh/transport/keys.ts';
import { QuickstartError } from '../errors.ts';
import { writeMachineFiles } from '../machine/files.ts';
import { MACHINE_USER, type RunningMachine, startMachine } from '../machine/server.ts';
import type { Folders } from './folders.ts';

/** A running machine, as the gateway's config needs it. */
export interface MachineResource {
  readonly machine: RunningMachine;
  readonly user: string;
  /** Home of the login, without links in it. */
  readonly home: string;
  /** `SHA256:…` of the host key. */
  readonly fingerprint: string;
  /** File with the private key that the machine lets in: readable for the gateway, never for agents. */
  readonly keyFile: string;
}

/** Starts it with files in their first state. */
export async function startMachineResource(folders: Folders): Promise<MachineResource> {
  const home = await writeMachineFiles(folders.machine);
  const machine = await startMachine(home);
  const keyFile = path.join(folders.credentials, 'shop-host');
  await mkdir(folders.credentials, { recursive: true, mode: 0o700 });
  await writeFile(keyFile, machine.loginKey, { mode: 0o600, flag: 'wx' });
  await makeHostKey(folders);
  return { machine, user: MACHINE_USER, home, fingerprint: fingerprintOf(machine.hostKey), keyFile };
}

/** The gateway's own host key is made here, so that clients know it from the first connection on. It is kept from start to start. */
async function makeHostKey({ hostKey, knownHosts }: Folders): Promise<void> {
  const isNew = await writeFile(hostKey, newHostKeyText(), { mode: 0o600, flag: 'wx' }).then(
    () => true,
    () => false,
  );
  if (!isNew && existsSync(knownHosts)) return;
  const key = readPrivateKey(await readFile(hostKey, 'utf8'));
  if (key === undefined) {
    throw new QuickstartError(
      'ERR_QUICKSTART_STATE',
      `${hostKey} holds no key any more: delete it, and start again`,
    );
  }
  // Any port: the gateway has another one at each start.
  await writeFile(knownHosts, `* ssh-ed25519 ${key.getPublicSSH().toString('base64')}\n`);
}
