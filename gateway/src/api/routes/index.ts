/** The plug point of the API: one line an aggregate. */
import type { Endpoint } from '../endpoint.ts';
import { accessEndpoints } from './access.ts';
import { approvalEndpoints } from './approvals.ts';
import { auditEndpoints } from './audit.ts';
import { credentialEndpoints } from './credentials.ts';
import { policyEndpoints } from './policy.ts';
import { quarantineEndpoints } from './quarantines.ts';
import { recordingEndpoints } from './recordings.ts';
import { resourceEndpoints } from './resources.ts';
import { runEndpoints } from './runs.ts';
import { sessionEndpoints } from './sessions.ts';
import { slackEndpoints } from './slack.ts';
import { sshCertificateEndpoints } from './ssh-certificates.ts';
import { statisticsEndpoints } from './statistics.ts';
import { identityEndpoints } from './whoami.ts';

/** Every endpoint that wants a token; the same path and method twice is an error at start. */
export const endpoints: readonly Endpoint[] = unique([
  ...identityEndpoints,
  ...sessionEndpoints,
  ...recordingEndpoints,
  ...runEndpoints,
  ...statisticsEndpoints,
  ...credentialEndpoints,
  ...sshCertificateEndpoints,
  ...approvalEndpoints,
  ...accessEndpoints,
  ...slackEndpoints,
  ...quarantineEndpoints,
  ...auditEndpoints,
  ...policyEndpoints,
  ...resourceEndpoints,
]);

function unique(list: readonly Endpoint[]): readonly Endpoint[] {
  const names = new Set(list.flatMap(({ method, path, operationId }) => [`${method} ${path}`, operationId]));
  if (names.size !== list.length * 2) throw new TypeError('two endpoints have the same path or operation id');
  return list;
}
