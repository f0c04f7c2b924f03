/** A gateway whose account may do everything on the server, so that nothing but masks stands in the way, and the same beside it without one. */
import pg from 'pg';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

/** What attempts are sent to. */
export interface SuperuserScene extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly client: pg.Client;
  /** Connected to the server itself. */
  readonly direct: pg.Client;
}

const SECRET_VARIABLE = 'SALLYPORT_TEST_SUPERUSER_SECRET';

/**
 * Starts it; the account `app` is made a superuser.
 * @param setUp SQL that the superuser runs first
 * @param more the same, of the port of the server; run before anybody connects
 */
export async function startSuperuserScene(
  policy: string,
  setUp: string,
  more?: (port: number) => string,
): Promise<SuperuserScene> {
  process.env[SECRET_VARIABLE] = 'app-secret';
  const accounts = [{ name: 'app', credential: { env: SECRET_VARIABLE }, allowSuperuser: true }];
  await using undo = new AsyncDisposableStack();
  const made = await startTestGateway({
    policy,
    setUp: `ALTER ROLE app SUPERUSER;${setUp}`,
    resource: { accounts },
  });
  const gateway = undo.use(made);
  if (more !== undefined) await gateway.postgres.query(more(gateway.postgres.server.port));
  const connected = async (connectionString: string): Promise<pg.Client> => {
    const one = new pg.Client({ connectionString });
    await one.connect();
    return undo.adopt(one, (client) => client.end());
  };
  const client = await connected(await gateway.url());
  const direct = await connected(gateway.postgres.url());
  const owned = undo.move();
  return { gateway, client, direct, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
