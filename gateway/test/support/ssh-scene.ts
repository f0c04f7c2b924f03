/** What suites of SSH stand on: a real sshd, a gateway in front of it, and ways to log in. */
import { findTool, tools } from './installed-tool.ts';
import type { TokenClaims } from './issuer.ts';
import { connectSsh2, type SshLogin, type TestClient } from './ssh-clients.ts';
import { type SshGateway, type SshGatewayOptions, startSshGateway } from './ssh-gateway.ts';
import { startTestSshd, type TestSshd } from './sshd.ts';

/** The account that logins are for, unless another one is said. */
const USER = 'deploy+box';

/** A machine behind a gateway. */
export interface SshScene extends AsyncDisposable {
  readonly sshd: TestSshd;
  readonly gateway: SshGateway;
  /** With a new token; as `deploy+box` unless said. */
  login(as?: { readonly user?: string; readonly claims?: TokenClaims }): Promise<SshLogin>;
  /** A connection of the package `ssh2`, logged in as {@link login} says. */
  connect(): Promise<TestClient>;
}

/** What a scene is made of. */
export interface SshSceneOptions {
  /** Further lines of sshd_config. */
  readonly sshd?: readonly string[];
  /** The gateway; it may depend on the machine, as the folder for canaries does. */
  readonly gateway?: (sshd: TestSshd) => Omit<SshGatewayOptions, 'sshd'>;
}

/** Starts one; `await using` stops it. Undefined where no sshd is installed, which tests tell by `requireTool(context, tools.sshd)`. */
export async function startSshScene(options: SshSceneOptions = {}): Promise<SshScene | undefined> {
  const program = findTool(tools.sshd);
  if (program === undefined) return undefined;
  await using undo = new AsyncDisposableStack();
  const sshd = undo.use(await startTestSshd(program, options.sshd));
  const gateway = undo.use(await startSshGateway({ ...options.gateway?.(sshd), sshd }));
  const { host, port, issuer } = gateway;
  const login: SshScene['login'] = async ({ user = USER, claims } = {}) => ({
    host,
    port,
    user,
    password: await issuer.token(claims),
  });
  const owned = undo.move();
  return {
    sshd,
    gateway,
    login,
    connect: async () => await connectSsh2(await login()),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
