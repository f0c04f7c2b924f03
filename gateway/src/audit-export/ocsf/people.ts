/** Who did it, and from where, as OCSF objects. */
import type { JsonValue } from '../../model/json.ts';
import type { Principal } from '../../model/principal.ts';
import { withoutAbsent } from './event.ts';

type Fields = Record<string, JsonValue>;

/** What is known of somebody. */
export type Person = Pick<Principal, 'issuer' | 'subject'> &
  Partial<Pick<Principal, 'groups' | 'delegation'>> & {
    readonly agent?: string | undefined;
    readonly run?: string | undefined;
  };

/** The object `user`. */
export function userOf({ issuer, subject, groups }: Person): Fields {
  return withoutAbsent({
    uid: subject,
    name: subject,
    domain: issuer,
    groups: groups?.map((name) => ({ name })),
  });
}

/** The object `actor`: the person, the agent that acts for them, and the session. */
export function actorOf(person: Person | undefined, session?: string): Fields {
  const { agent, run, delegation = [] } = person ?? {};
  const chain = delegation.map(({ subject }) => subject).join(' <- ');
  const fields = withoutAbsent({
    user: person === undefined ? undefined : userOf(person),
    app_uid: agent,
    app_name: agent,
    invoked_by: chain === '' ? undefined : chain,
    session:
      session === undefined && run === undefined
        ? undefined
        : withoutAbsent({ uid: session, uid_alt: run, issuer: person?.issuer }),
  });
  return Object.keys(fields).length === 0 ? { app_name: 'Sallyport' } : fields;
}

/** Who did it where nobody did but the gateway itself. */
export function gatewayActor(): Fields {
  return { app_name: 'Sallyport' };
}

/** The object `network_endpoint` of where a client came from. */
export function sourceOf(address: string | undefined): Fields {
  return address === undefined || address === '' ? { name: 'unknown' } : { ip: address };
}

/** The object `network_endpoint` of a resource. */
export function resourceEndpoint(resource: string, protocol?: string): Fields {
  return withoutAbsent({ name: resource, svc_name: protocol });
}
