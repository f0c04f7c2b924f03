/** User certificates of SSH: who has a token gets one for a key, and plain `ssh` takes it. */
import {
  type IssuedSshCertificate,
  issuedSshCertificateSchema,
  type SshCertificateRequest,
  sshCertificateRequestSchema,
} from '../contract/ssh-certificate.ts';
import type { Endpoint } from '../endpoint.ts';
import { mintCertificate } from '../mint-certificate.ts';

const create: Endpoint<unknown, SshCertificateRequest, IssuedSshCertificate> = {
  method: 'post',
  path: '/v1/ssh/certificates',
  operationId: 'createSshCertificate',
  tag: 'credentials',
  summary: 'Certify a public key of SSH for yourself, for minutes',
  description:
    'The certificate stands for the principal of your token and lets plain ssh in wherever the policy does, which is asked again at each connection. It is a session credential: listed, revoked and ended like those.',
  role: 'anyone',
  body: sshCertificateRequestSchema,
  answer: {
    schema: issuedSshCertificateSchema,
    description: 'The certificate, and what ssh needs beside it.',
  },
  isSynced: true,
  details: ({ body: { expiresIn, sourceAddresses } }) => ({
    expiresIn,
    sourceAddresses: [...sourceAddresses],
  }),
  handle: ({ body }, scope) => mintCertificate(body, scope),
};

/** The endpoints of certificates. */
export const sshCertificateEndpoints: readonly Endpoint[] = [create] as readonly Endpoint[];
