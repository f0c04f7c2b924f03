/** RDP: desktops, of which the screen, input, clipboard and channels are judged one by one. See docs/protocols/rdp.md. */

import { connectTargets } from '../../session/accounts.ts';
import type { Protocol } from '../protocol.ts';
import { type RdpResourceConfig, rdpResourceSchema } from './config.ts';
import { openCredentialForm } from './downstream/open-credential-form.ts';
import { rdpFamily } from './facts/facts-family.ts';
import { type RdpListenerConfig, rdpListenerSchema } from './listener-config.ts';
import { DesktopPlayback } from './playback/desktop-playback.ts';
import { RdpServer } from './server.ts';
import { rdpDoctor } from './upstream/doctor.ts';

/** The RDP protocol. */
export const rdp: Protocol<RdpResourceConfig, RdpListenerConfig> = {
  name: 'rdp',
  resourceSchema: rdpResourceSchema,
  listenerSchema: rdpListenerSchema,
  alpnProtocols: [],
  fulfils: { masks: false, rows: false, bytesAndTime: true },
  families: [rdpFamily],
  presets: [],
  connectTargets,
  credentials: openCredentialForm,
  doctor: rdpDoctor,
  createPlayback: (limits) => new DesktopPlayback(limits),
  createServer: (services, listener) => new RdpServer(services, listener),
};
