import type { FactsFamily } from '../../../model/facts.ts';

/** What may be done with a desktop; each is judged by itself. */
export const DESKTOP_OPERATIONS = ['VIEW', 'CONTROL', 'COPY', 'PASTE', 'CHANNEL', 'DYNAMIC_CHANNEL'] as const;

/** One of {@link DESKTOP_OPERATIONS}. */
export type DesktopOperation = (typeof DESKTOP_OPERATIONS)[number];

/** The rule family `rdp`: what rules may match and what `when:` sees under `rdp.`. */
export const rdpFamily: FactsFamily = {
  name: 'rdp',
  dimensions: {
    operations: {
      match: { by: 'keyword', vocabulary: DESKTOP_OPERATIONS },
      description:
        'VIEW shows the screen, and nothing goes without it. CONTROL is keys and mouse. COPY and PASTE are text of the clipboard, from the host and to it. CHANNEL is any other static channel, by its name. DYNAMIC_CHANNEL is one of those that ride on the static channel drdynvc, which has to be allowed too.',
    },
    channels: {
      match: { by: 'glob', denyIgnoresCase: true },
      explicit: true,
      description:
        'Channels that pass unseen, such as rdpdr (drives, printers, smart cards) and rdpsnd (sound), or of a DYNAMIC_CHANNEL Microsoft::Windows::RDS::DisplayControl (window sizes). Allowed only by a rule that names them; a deny ignores case.',
    },
    detect: {
      match: { by: 'detector' },
      description:
        'Of a deny: texts of the clipboard in which one of these detectors finds something. COPY and PASTE themselves stay open.',
    },
  },
  attributes: {
    operation: { type: 'string', description: 'The operation, as in `match`.' },
    channel: { type: 'string', description: 'The channel of a CHANNEL or DYNAMIC_CHANNEL; else empty.' },
    client: { type: 'string', description: 'Name that the client machine gives itself: a claim.' },
    channels: { type: 'list<string>', description: 'All static channels that the client asks for.' },
    width: { type: 'int', description: 'Width of the screen that the client asks for, in pixels.' },
    height: { type: 'int', description: 'Height of it.' },
  },
};
