/** Minting a session credential: decided by the policy as the connection itself would be, and on record before it is told. */
import type { Issued } from '../credentials/session/session-credentials.ts';
import { denialText } from '../enforcement/denial-text.ts';
import type { ApiResource, ApiServices, ApiTarget } from './api-services.ts';
import type { CredentialRequest, IssuedCredential } from './contract/credential.ts';
import { toApiCredential } from './credential-view.ts';
import type { EndpointScope } from './endpoint.ts';
import { ApiError } from './errors.ts';

/** A resource that clients can log in to by a session credential. */
type Door = ApiResource & { readonly login: NonNullable<ApiResource['login']> };

/**
 * Mints what is asked for.
 * @throws ApiError `ERR_API_UNKNOWN_RESOURCE`, `ERR_API_DENIED`; SessionCredentialError; what the audit throws
 */
export async function mintCredential(
  request: CredentialRequest,
  scope: EndpointScope,
): Promise<IssuedCredential> {
  const { services, principal, sourceAddress } = scope;
  const door = doorOf(request, services);
  const { target, verdict } = decide(door, request, scope);
  const { rules, policy } = verdict.decision;
  const asked = {
    principal,
    sourceAddress,
    protocol: door.resource.protocol,
    resource: door.resource.name,
    account: target.account,
    decision: verdict.id,
    rules,
    policy,
  };
  // A limit may have room again when the credential is used; it is asked again then.
  if (verdict.decision.effect === 'deny' && verdict.decision.cause !== 'limit') {
    const { cause } = verdict.decision;
    await services.audit.log.append([{ type: 'credential.denied', ...asked, cause }]);
    throw new ApiError('ERR_API_DENIED', denialText(verdict.id, verdict.decision, verdict).message);
  }
  const { run, uses, expiresIn } = request;
  const issued = await services.credentials.issue({
    principal,
    protocol: asked.protocol,
    resource: asked.resource,
    account: asked.account,
    run,
    maxUses: uses,
    lifetimeMs: expiresIn * 1000,
    makeVerifier: door.login.form.makeVerifier,
  });
  const { id: credential, expiresAtMs } = issued.credential;
  const event = {
    type: 'credential.issued',
    credential,
    ...asked,
    ...(run === undefined ? {} : { run }),
    expiresAtMs,
    ...(uses === undefined ? {} : { maxUses: uses }),
  } as const;
  try {
    await services.audit.log.append([event], 'synced');
  } catch (error) {
    await services.credentials.withdraw(credential);
    throw error;
  }
  return answerOf(issued, { door, request, services });
}

function answerOf(
  { credential, secret }: Issued,
  of: { readonly door: Door; readonly request: CredentialRequest; readonly services: ApiServices },
): IssuedCredential {
  const { door, request, services } = of;
  const { host, port } = door.login;
  const revealed = secret.reveal();
  const login = door.login.form.login({
    id: credential.id,
    secret: revealed,
    account: credential.account,
    resource: credential.resource,
    database: request.database,
    host,
    port,
    caFile: request.sslrootcert,
  });
  return {
    ...toApiCredential(credential, services.sessions),
    secret: revealed,
    user: login.user,
    host,
    port,
    url: login.url,
  };
}

function doorOf({ resource: name, protocol }: CredentialRequest, { resources }: ApiServices): Door {
  const found = resources.find(({ resource }) => resource.name === name);
  if (found === undefined || (protocol !== undefined && protocol !== found.resource.protocol)) {
    throw unknown('no resource of this name and protocol is here');
  }
  const { login } = found;
  if (login === undefined) throw unknown('this resource takes no session credentials');
  return { ...found, login };
}

/** The account that is named, or the first that the policy permits; where it permits none, the first denial. */
function decide(
  door: Door,
  request: CredentialRequest,
  { services, principal, sourceAddress }: EndpointScope,
): { readonly target: ApiTarget; readonly verdict: ReturnType<ApiServices['policy']['decide']> } {
  const targets = request.database === undefined ? door.targets : door.login.targetsOf(request.database);
  const wanted = targets.filter(({ account }) => (request.account ?? account) === account);
  const context = {
    nowMs: services.clock.nowMs(),
    sessionId: 'api_credential',
    sourceAddress,
    hints: {},
  };
  const decided = wanted.map((target) => {
    const { account, facts } = target;
    const access = { principal, resource: door.resource, account, facts, context };
    return { target, verdict: services.policy.decide(access) };
  });
  const found = decided.find(({ verdict }) => verdict.decision.effect === 'permit') ?? decided[0];
  if (found !== undefined) return found;
  throw unknown('the resource has no such account or database that you may name');
}

function unknown(message: string): ApiError {
  return new ApiError('ERR_API_UNKNOWN_RESOURCE', message);
}
