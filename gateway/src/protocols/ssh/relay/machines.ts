/** The machines of a listener, each with the secrets of its accounts. */
import type { CredentialSource } from '../../../credentials/credential-source.ts';
import type { KeyFiles } from '../../../listener/key-files.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Log } from '../../../telemetry/log.ts';
import { openAuthority } from '../authorities.ts';
import type { SshAccount, SshResourceConfig } from '../config.ts';
import type { FindMachine } from '../jump.ts';
import { NameLock } from '../sftp/name-lock.ts';
import { secretSource } from '../upstream/secret-source.ts';
import { certifySession } from '../upstream/session-certificate.ts';
import { wayTo } from '../upstream/way.ts';
import { Machine } from './machine.ts';

/** What machines work with. */
export interface MachineServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly keyFiles: KeyFiles;
  readonly findResource: FindMachine;
}

/** Opens machines for sessions. */
export class Machines {
  readonly #services: MachineServices;
  readonly #names = new WeakMap<SshResourceConfig, NameLock>();
  readonly #secrets = new WeakMap<SshAccount, CredentialSource>();

  constructor(services: MachineServices) {
    this.#services = services;
  }

  /** Dials nothing yet. @param keyId what certificates of the gateway name: the session, and whom it is of */
  open(config: SshResourceConfig, account: SshAccount, keyId: string): Machine {
    const { clock, keyFiles, findResource: find } = this.#services;
    const way = wayTo(config, account, {
      clock,
      find,
      secretOf: (of) => this.#secretOf(of),
      certify: async (login) =>
        certifySession({ ...login, keyId }, (await openAuthority(keyFiles, 'upstream')).signer),
    });
    return new Machine(way, this.#namesOf(config));
  }

  #namesOf(config: SshResourceConfig): NameLock {
    const known = this.#names.get(config);
    if (known !== undefined) return known;
    const names = new NameLock();
    this.#names.set(config, names);
    return names;
  }

  #secretOf(account: SshAccount): CredentialSource {
    const known = this.#secrets.get(account);
    if (known !== undefined) return known;
    const source = secretSource(account, this.#services);
    this.#secrets.set(account, source);
    return source;
  }
}
