import type { CredentialForm } from '../credentials/session/credential-form.ts';
import type { Resource } from '../model/resource.ts';
import type { ApiResource, ApiTarget } from './api-services.ts';

/** What the API has to know of a resource. */
export interface ResourceView {
  readonly resource: Resource;
  /** What may be opened, the default account first; on the database that is named, or on the resource's own. */
  readonly targets: (database?: string) => readonly ApiTarget[];
  /** Names of the families of rules that requests to it are judged by. */
  readonly families: readonly string[];
  /** Absent where the protocol takes no session credentials. */
  readonly form: CredentialForm | undefined;
  /** Of the protocol's first listener; absent where there is none. */
  readonly listener: { readonly address: string; readonly port: number } | undefined;
  /** Names by which clients know the gateway, the best first. */
  readonly names: readonly string[];
}

/** A resource as the API knows it: what may be opened, and how by a session credential. */
export function toApiResource(view: ResourceView): ApiResource {
  const { resource, targets, families, form, listener, names } = view;
  const base = { resource, targets: targets(), families };
  if (form === undefined || listener === undefined) return base;
  const host = clientHost(listener.address, names);
  return { ...base, login: { host, port: listener.port, form, targetsOf: targets } };
}

/** The name that a listener is best called by: one of its certificate, where its address is none. */
export function clientHost(address: string, names: readonly string[]): string {
  if (address === '0.0.0.0' || address === '::') return names[0] ?? 'localhost';
  // Old clients compare certificates with names only.
  return address === '127.0.0.1' || address === '::1' ? 'localhost' : address;
}
