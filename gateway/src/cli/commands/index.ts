import type { CliCommand } from '../command.ts';

/** All commands, in the order `--help` shows them. A further command is a file here and an entry in this list. */
export const commands: readonly CliCommand[] = [
  {
    name: 'serve',
    summary: 'run the gateway',
    load: async () => (await import('./serve.ts')).setupServeCommand,
  },
  {
    name: 'doctor',
    summary: 'check the gateway and its surroundings; prove that agents cannot go round it',
    load: async () => (await import('./doctor.ts')).setupDoctorCommand,
  },
  {
    name: 'policy',
    summary: 'check, test and explain policy files',
    load: async () => (await import('./policy.ts')).setupPolicyCommand,
  },
  {
    name: 'sessions',
    summary: 'list sessions, show what happened in them, end them',
    load: async () => (await import('./sessions.ts')).setupSessionsCommand,
  },
  {
    name: 'approvals',
    summary: 'list requests for approval, show them, approve and deny them',
    load: async () => (await import('./approvals.ts')).setupApprovalsCommand,
  },
  {
    name: 'access',
    summary: 'ask for access for a time; open it, deny it, revoke it, review emergencies',
    load: async () => (await import('./access.ts')).setupAccessCommand,
  },
  {
    name: 'credential',
    summary: 'mint, list and revoke session credentials: a short secret in place of a token',
    load: async () => (await import('./credential.ts')).setupCredentialCommand,
  },
  {
    name: 'login',
    summary: 'log in at the identity provider, and keep the token for the other commands',
    load: async () => (await import('./login.ts')).setupLoginCommand,
  },
  {
    name: 'ssh-cert',
    summary: 'get a user certificate of SSH for minutes, and write what plain ssh needs',
    load: async () => (await import('./ssh-cert.ts')).setupSshCertCommand,
  },
  {
    name: 'rdp',
    summary: 'get a session credential for a desktop, and write the file that clients of RDP open',
    load: async () => (await import('./rdp.ts')).setupRdpCommand,
  },
  {
    name: 'quarantines',
    summary: 'list the runs that are stopped, let them go on',
    load: async () => (await import('./quarantines.ts')).setupQuarantinesCommand,
  },
  {
    name: 'audit',
    summary: 'prove that the audit log is as it was written',
    load: async () => (await import('./audit.ts')).setupAuditCommand,
  },
];
