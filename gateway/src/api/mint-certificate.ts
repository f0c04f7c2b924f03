/** A session credential that is a certificate: for everything of its protocol that the policy opens, at each connection anew. */
import { parseAddressRange } from '../addresses/address-range.ts';
import { ANY } from '../credentials/session/certificate-issuer.ts';
import { denialText } from '../enforcement/denial-text.ts';
import type { ApiCertificates, ApiServices } from './api-services.ts';
import type { IssuedSshCertificate, SshCertificateRequest } from './contract/ssh-certificate.ts';
import type { EndpointScope } from './endpoint.ts';
import { ApiError } from './errors.ts';

type Verdict = ReturnType<ApiServices['policy']['decide']>;

/** Something that the caller may ask to open, and what the policy says. */
interface Asked {
  readonly user: string;
  readonly verdict: Verdict;
}

/**
 * Certifies the key for whoever the token proves.
 * @throws ApiError `ERR_API_NOT_FOUND`, `ERR_API_INVALID`, `ERR_API_DENIED`; SessionCredentialError; what the audit throws
 */
export async function mintCertificate(
  { publicKey, expiresIn, sourceAddresses }: SshCertificateRequest,
  scope: EndpointScope,
): Promise<IssuedSshCertificate> {
  const { services, principal, sourceAddress } = scope;
  const { certificates } = services;
  if (certificates === undefined) {
    throw new ApiError('ERR_API_NOT_FOUND', 'this gateway has no listener for ssh');
  }
  const verifier = certificates.issuer.verifierOf(publicKey);
  if (verifier === undefined) {
    const message =
      'publicKey is no line of a .pub file with an Ed25519, ECDSA or RSA key (2048 bits or more)';
    throw new ApiError('ERR_API_INVALID', message);
  }
  const bad = sourceAddresses.find((text) => parseAddressRange(text) === undefined);
  if (bad !== undefined)
    throw new ApiError('ERR_API_INVALID', 'sourceAddresses has what is no address or range');
  const { users, verdict } = decide(certificates, scope);
  const { rules, policy } = verdict.decision;
  const asked = { principal, sourceAddress, protocol: certificates.protocol, resource: ANY, account: ANY };
  const decided = { ...asked, decision: verdict.id, rules, policy };
  if (verdict.decision.effect === 'deny' && verdict.decision.cause !== 'limit') {
    const { cause } = verdict.decision;
    await services.audit.log.append([{ type: 'credential.denied', ...decided, cause }]);
    throw new ApiError('ERR_API_DENIED', denialText(verdict.id, verdict.decision, verdict).message);
  }
  const { credential } = await services.credentials.issue({
    principal,
    protocol: certificates.protocol,
    resource: ANY,
    account: ANY,
    lifetimeMs: expiresIn * 1000,
    makeVerifier: () => Promise.resolve(verifier),
  });
  const issued = certificates.issuer.certify({ credential, publicKey, sourceAddresses });
  const { id, issuedAtMs, expiresAtMs } = credential;
  const certificate = { serial: issued.serial, key: verifier };
  const event = { type: 'credential.issued', credential: id, ...decided, expiresAtMs, certificate } as const;
  try {
    await services.audit.log.append([event], 'synced');
  } catch (error) {
    await services.credentials.withdraw(id);
    throw error;
  }
  return {
    id,
    ...issued,
    issuedAt: new Date(issuedAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
    host: certificates.host,
    port: certificates.port,
    hostAuthority: certificates.issuer.hostAuthority,
    users,
  };
}

/** Who may open nothing gets no certificate: the first denial. */
function decide(
  { protocol }: ApiCertificates,
  { services, principal, sourceAddress }: EndpointScope,
): { readonly users: readonly string[]; readonly verdict: Verdict } {
  const context = {
    nowMs: services.clock.nowMs(),
    sessionId: 'api_certificate',
    sourceAddress,
    hints: {},
  };
  const asked: readonly Asked[] = services.resources
    .filter(({ resource }) => resource.protocol === protocol)
    .flatMap(({ resource, targets }) =>
      targets.map(({ account, facts }) => ({
        user: `${account}+${resource.name}`,
        verdict: services.policy.decide({ principal, resource, account, facts, context }),
      })),
    );
  const open = asked.filter(({ verdict }) => verdict.decision.effect === 'permit');
  const verdict = (open[0] ?? asked[0])?.verdict;
  if (verdict === undefined) throw new ApiError('ERR_API_NOT_FOUND', 'this gateway has no resource of ssh');
  return { users: open.map(({ user }) => user), verdict };
}
