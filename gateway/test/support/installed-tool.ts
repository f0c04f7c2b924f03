import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'vitest';

/** A program that suites run and that npm does not bring. */
export interface Tool {
  readonly name: string;
  /** The Debian package that carries it. */
  readonly debianPackage: string;
  /** Where Debian puts it, if it is no program: what is there is the tool. */
  readonly file?: string;
}

/** The tools of the suites. `npm test` installs the packages where it may. */
export const tools: {
  readonly psql: Tool;
  readonly pgbench: Tool;
  readonly openssl: Tool;
  readonly curl: Tool;
  readonly ssh: Tool;
  readonly sshd: Tool;
  readonly sshKeygen: Tool;
  readonly scp: Tool;
  readonly sftp: Tool;
  readonly sftpServer: Tool;
  readonly perl: Tool;
  readonly rsync: Tool;
  readonly git: Tool;
  readonly pythonRequests: Tool;
  readonly pythonGssapi: Tool;
  readonly gssNtlmssp: Tool;
  readonly rdpCheck: Tool;
  readonly xfreerdp: Tool;
  readonly freerdpShadow: Tool;
  readonly rdesktop: Tool;
  readonly xvfb: Tool;
  readonly xrdp: Tool;
  readonly sesman: Tool;
  readonly xorgxrdp: Tool;
  readonly openbox: Tool;
  readonly xterm: Tool;
  readonly xdotool: Tool;
  readonly xclip: Tool;
  readonly chromium: Tool;
  readonly rsyslogd: Tool;
  readonly tesseract: Tool;
} = {
  psql: { name: 'psql', debianPackage: 'postgresql-client' },
  // Debian ships pgbench with the server, not with the client programs.
  pgbench: { name: 'pgbench', debianPackage: 'postgresql' },
  // A second opinion on certificates that we make.
  openssl: { name: 'openssl', debianPackage: 'openssl' },
  // Runs the examples of the documentation as they are printed.
  curl: { name: 'curl', debianPackage: 'curl' },
  ssh: { name: 'ssh', debianPackage: 'openssh-client' },
  sshKeygen: { name: 'ssh-keygen', debianPackage: 'openssh-client' },
  // The machine behind the gateway; the suites start it themselves, and apt starts none.
  sshd: { name: 'sshd', debianPackage: 'openssh-server' },
  scp: { name: 'scp', debianPackage: 'openssh-client' },
  sftp: { name: 'sftp', debianPackage: 'openssh-client' },
  // As a program of its own, beside the one within sshd.
  sftpServer: {
    name: 'sftp-server',
    debianPackage: 'openssh-sftp-server',
    file: '/usr/lib/openssh/sftp-server',
  },
  perl: { name: 'perl', debianPackage: 'perl-base' },
  rsync: { name: 'rsync', debianPackage: 'rsync' },
  git: { name: 'git', debianPackage: 'git' },
  // Receives the audit; the suite starts it itself, and apt starts none.
  rsyslogd: { name: 'rsyslogd', debianPackage: 'rsyslog' },
  // The client of most agents in Python, for Debian's own interpreter.
  pythonRequests: {
    name: 'requests',
    debianPackage: 'python3-requests',
    file: '/usr/lib/python3/dist-packages/requests/__init__.py',
  },
  // Clients and a server of RDP's Network Level Authentication, none of them ours: MIT's SPNEGO with an NTLM of its own,
  pythonGssapi: {
    name: 'gssapi',
    debianPackage: 'python3-gssapi',
    file: '/usr/lib/python3/dist-packages/gssapi/__init__.py',
  },
  gssNtlmssp: {
    name: 'gss-ntlmssp',
    debianPackage: 'gss-ntlmssp',
    file: '/etc/gss/mech.d/mech.ntlmssp.conf',
  },
  // impacket,
  rdpCheck: {
    name: 'rdp_check',
    debianPackage: 'python3-impacket',
    file: '/usr/share/doc/python3-impacket/examples/rdp_check.py',
  },
  // and FreeRDP, which wants a display.
  xfreerdp: { name: 'xfreerdp', debianPackage: 'freerdp2-x11' },
  freerdpShadow: { name: 'freerdp-shadow-cli', debianPackage: 'freerdp2-shadow-x11' },
  // A client that shares no code with FreeRDP.
  rdesktop: { name: 'rdesktop', debianPackage: 'rdesktop' },
  xvfb: { name: 'Xvfb', debianPackage: 'xvfb' },
  // A desktop behind the gateway, and what is on it; the suite starts it itself, and apt starts none.
  xrdp: { name: 'xrdp', debianPackage: 'xrdp' },
  sesman: { name: 'xrdp-sesman', debianPackage: 'xrdp' },
  xorgxrdp: {
    name: 'xorgxrdp',
    debianPackage: 'xorgxrdp',
    file: '/usr/lib/xorg/modules/drivers/xrdpdev_drv.so',
  },
  openbox: { name: 'openbox', debianPackage: 'openbox' },
  xterm: { name: 'xterm', debianPackage: 'xterm' },
  xdotool: { name: 'xdotool', debianPackage: 'xdotool' },
  xclip: { name: 'xclip', debianPackage: 'xclip' },
  // People's side of the console.
  chromium: { name: 'chromium', debianPackage: 'chromium' },
  // Reads text in pictures of recorded desktops.
  tesseract: { name: 'tesseract', debianPackage: 'tesseract-ocr' },
};

/**
 * Finds a tool: the newest version below Debian's /usr/lib/postgresql, else on PATH, else in the system's folders,
 * because PATH may be short.
 *
 * @returns its absolute path, or undefined when it is not installed
 */
export function findTool(tool: Tool): string | undefined {
  if (tool.file !== undefined) return existsSync(tool.file) ? tool.file : undefined;
  const folders = [
    ...debianPostgresFolders(),
    ...(process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder)),
    ...['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin', '/usr/local/sbin', '/usr/sbin'],
  ];
  return folders.map((folder) => path.join(folder, tool.name)).find(isExecutable);
}

/**
 * Finds a tool, or skips the running test with a reason that `npm test` lists. Under CI=true a skip is a failure.
 *
 * @returns its absolute path
 */
export function requireTool(context: TestContext, tool: Tool): string {
  const found = findTool(tool);
  if (found === undefined) {
    context.skip(`${tool.name} is not installed: apt-get install ${tool.debianPackage}`);
  }
  return found;
}

/** Debian's psql on PATH is a Perl wrapper that looks for clusters; the programs themselves are here. */
function debianPostgresFolders(): readonly string[] {
  const base = '/usr/lib/postgresql';
  try {
    return readdirSync(base)
      .sort((left, right) => Number(right) - Number(left))
      .map((version) => path.join(base, version, 'bin'));
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
