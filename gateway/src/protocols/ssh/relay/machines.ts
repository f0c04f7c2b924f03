/** The machines of a listener, each with the secrets of its accounts. */
import type { CredentialSource } from '../../../credentials/credential-source.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { SshAccount, SshResourceConfig } from '../config.ts';
import { NameLock } from '../sftp/name-lock.ts';
import { secretSource } from '../upstream/secret-source.ts';
import { Machine } from './machine.ts';

/** Opens machines for sessions. */
export class Machines {
  readonly #services: { readonly clock: Clock; readonly log: Log };
  readonly #names = new WeakMap<SshResourceConfig, NameLock>();
  readonly #secrets = new WeakMap<SshAccount, CredentialSource>();

  constructor(services: { readonly clock: Clock; readonly log: Log }) {
    this.#services = services;
  }

  /** Dials nothing yet. */
  open(config: SshResourceConfig, account: SshAccount): Machine {
    return new Machine({ config, account, secret: this.#secretOf(account) }, this.#namesOf(config));
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
