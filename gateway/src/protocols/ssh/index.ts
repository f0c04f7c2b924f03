/** SSH: commands and files, judged one by one. See README.md for what is supported and what is refused. */
import { filesFamily } from '../../files/facts-family.ts';
import { connectTargets } from '../../session/accounts.ts';
import { shellFamily } from '../../shell/facts-family.ts';
import type { Protocol } from '../protocol.ts';
import { aliasFaults } from './aliases.ts';
import { clientBaseline } from './client-baseline.ts';
import { type SshResourceConfig, sshResourceSchema } from './config.ts';
import { credentialForm } from './downstream/credential-form.ts';
import { jumpFaults } from './jump.ts';
import { type SshListenerConfig, sshListenerSchema } from './listener-config.ts';
import { SshPlayback } from './playback/ssh-playback.ts';
import { SshServer } from './server.ts';
import { sshDoctor } from './upstream/doctor.ts';
import { openUserCertificates } from './user-certificates.ts';

/** The SSH protocol. */
export const ssh: Protocol<SshResourceConfig, SshListenerConfig> = {
  name: 'ssh',
  resourceSchema: sshResourceSchema,
  listenerSchema: sshListenerSchema,
  faultsOf: (resources) => [...aliasFaults(resources), ...jumpFaults(resources)],
  alpnProtocols: [],
  fulfils: { masks: true, rows: false, bytesAndTime: true },
  families: [shellFamily, filesFamily],
  presets: [clientBaseline],
  connectTargets,
  doctor: sshDoctor,
  credentials: credentialForm,
  certificates: openUserCertificates,
  createPlayback: (limits) => new SshPlayback(limits),
  createServer: (services, listener) => new SshServer(services, listener),
};
