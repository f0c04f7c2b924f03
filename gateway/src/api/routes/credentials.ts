/** Session credentials: short secrets in place of a token, for one resource. */
import { ownerOf } from '../../credentials/session/session-credentials.ts';
import {
  type CredentialList,
  type CredentialQuery,
  type CredentialRequest,
  credentialIdSchema,
  credentialListSchema,
  credentialQuerySchema,
  credentialRequestSchema,
  type IssuedCredential,
  issuedCredentialSchema,
  type RdpFileQuery,
  type RevokedCredential,
  rdpFileQuerySchema,
  rdpFileSchema,
  revokedCredentialSchema,
} from '../contract/credential.ts';
import { toApiCredential } from '../credential-view.ts';
import type { Endpoint, EndpointScope } from '../endpoint.ts';
import { ApiError } from '../errors.ts';
import { mintCredential } from '../mint-credential.ts';
import { rolesOf } from '../roles.ts';

const create: Endpoint<unknown, CredentialRequest, IssuedCredential> = {
  method: 'post',
  path: '/v1/credentials',
  operationId: 'createCredential',
  tag: 'credentials',
  summary:
    'Mint a session credential: a short secret in place of your token, for one account of one resource',
  description:
    'The policy must let you connect there, and is asked again at each connection. Groups follow the gateway’s group mapping, and it never outlives your token.',
  role: 'anyone',
  body: credentialRequestSchema,
  answer: { schema: issuedCredentialSchema, description: 'It is minted. The secret is told this once.' },
  isSynced: true,
  details: ({ body: { resource, account, database, expiresIn, uses } }) => ({
    resource,
    ...(account === undefined ? {} : { account }),
    ...(database === undefined ? {} : { database }),
    expiresIn,
    ...(uses === undefined ? {} : { uses }),
  }),
  handle: ({ body }, scope) => mintCredential(body, scope),
};

const list: Endpoint<CredentialQuery, unknown, CredentialList> = {
  method: 'get',
  path: '/v1/credentials',
  operationId: 'listCredentials',
  tag: 'credentials',
  summary: 'List session credentials that have not ended, the newest first',
  description:
    'Your own: those of the same subject by the same agent. Admins see those of everybody. One whose end has come is gone.',
  role: 'anyone',
  query: credentialQuerySchema,
  answer: { schema: credentialListSchema, description: 'Credentials without their secrets.' },
  details: ({ query: { limit } }) => ({ limit }),
  handle: async ({ query: { limit } }, scope) => {
    const { credentials, sessions } = scope.services;
    const found = await credentials.list(isAdmin(scope) ? undefined : scope.principal, limit + 1);
    return {
      credentials: found.slice(0, limit).map((credential) => toApiCredential(credential, sessions)),
      truncated: found.length > limit,
    };
  },
};

const revoke: Endpoint<unknown, unknown, RevokedCredential> = {
  method: 'delete',
  path: '/v1/credentials/{id}',
  operationId: 'revokeCredential',
  tag: 'credentials',
  summary: 'Revoke a session credential and end its sessions at once',
  description: 'Your own, or as an admin any. What its sessions do on the resource is cancelled.',
  role: 'anyone',
  id: { schema: credentialIdSchema, description: 'id of the credential: `cred_…`' },
  answer: { schema: revokedCredentialSchema, description: 'It opens nothing any more.' },
  isSynced: true,
  details: ({ id }) => ({ credential: id }),
  handle: async ({ id }, scope) => {
    const { services, principal, sourceAddress } = scope;
    const found = await services.credentials.find(id);
    if (found === undefined || !(isAdmin(scope) || ownerOf(found.principal) === ownerOf(principal))) {
      throw unknownCredential();
    }
    // First no more logins, then the sessions: one that is being opened meanwhile looks whether it still may.
    await services.credentials.revoke(id);
    const live = services.sessions.list().filter(({ credential }) => credential === id);
    for (const session of live) session.kill('the session credential of this connection was revoked');
    const sessions = live.map((session) => session.id);
    const event = { type: 'credential.revoked', credential: id, principal, sourceAddress, sessions } as const;
    await services.audit.log.append([event], 'synced').catch((error: unknown) => {
      // It is done: the log holds the event until it can be written.
      services.audit.log.enqueue(event);
      throw error;
    });
    return { credential: id, revoked: true, sessions };
  },
};

const rdpFile: Endpoint<RdpFileQuery, unknown, string> = {
  method: 'get',
  path: '/v1/credentials/{id}/rdp',
  operationId: 'readRdpFile',
  tag: 'credentials',
  summary: 'The `.rdp` file that opens a desktop by a session credential of yours',
  description:
    'It names the gateway and the user, and holds no secret: the client asks for that. The policy is asked when it connects.',
  role: 'anyone',
  id: { schema: credentialIdSchema, description: 'id of the credential: `cred_…`' },
  query: rdpFileQuerySchema,
  answer: { schema: rdpFileSchema, description: 'The file.', mediaType: 'application/x-rdp' },
  details: ({ id, query: { clipboard, drives } }) => ({ credential: id, clipboard, drives }),
  handle: async ({ id, query }, { services, principal }) => {
    const found = await services.credentials.find(id);
    // An admin has no use for it: whoever minted the credential was told its secret.
    if (found === undefined || ownerOf(found.principal) !== ownerOf(principal)) throw unknownCredential();
    const { account, resource: name } = found;
    const door = services.resources.find(
      ({ resource }) => resource.name === name && resource.protocol === found.protocol,
    );
    const file = door?.login?.form.rdpFile?.({
      id,
      account,
      resource: name,
      host: door.login.host,
      port: door.login.port,
      clipboard: query.clipboard === '1',
      drives: query.drives === '1',
    });
    if (file === undefined) {
      throw new ApiError(
        'ERR_API_NO_FILE',
        'there is no .rdp file for this credential: it is for no desktop that is here, or its account has a name that no file may hold; its host, port and user are in the answer that it was minted by',
      );
    }
    return file;
  },
};

/** The endpoints of session credentials. */
export const credentialEndpoints: readonly Endpoint[] = [
  create,
  list,
  revoke,
  rdpFile,
] as readonly Endpoint[];

function unknownCredential(): ApiError {
  return new ApiError('ERR_API_UNKNOWN_CREDENTIAL', 'you have no session credential of this id');
}

function isAdmin({ principal, services }: EndpointScope): boolean {
  return rolesOf(principal, services.groups).includes('admin');
}
