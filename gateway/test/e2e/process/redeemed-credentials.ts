/** Session credentials with few uses, redeemed by two clients that race for them, and revoked, while a gateway dies. */
import type { IssuedCredential } from '../../../src/api/contract/credential.ts';
import { askApi } from '../api/api-client.ts';
import type { ClientMemory, HeldCredential } from './client-memory.ts';
import type { GatewayProcess } from './gateway-process.ts';
import type { Worker } from './marked-load.ts';

const USES = 3;
const OWNER = { claims: { sub: 'redeemer' } };
/** Every so many credentials is revoked after its first use. */
const REVOKED_OF = 4;

/** The workers of a round. */
export function redeemers(memory: ClientMemory): Readonly<Record<string, Worker>> {
  const redeem: Worker = async (gateway, next, note) => {
    // What is revoked stays so, over every death.
    const revoked = memory.credentials.findLast(({ revocation }) => revocation === 'acknowledged');
    if (revoked !== undefined) await logIn(memory, gateway, revoked, next());
    for (;;) {
      const credential = memory.credentials.findLast(isWorthTrying) ?? (await mint(memory, gateway));
      await logIn(memory, gateway, credential, next());
      note([]);
      await revokeSome(memory, gateway, credential);
    }
  };
  return { redeem, race: redeem };
}

const isWorthTrying = ({ refused, revocation }: HeldCredential): boolean =>
  refused === 0 && revocation === 'none';

async function mint(memory: ClientMemory, gateway: GatewayProcess): Promise<HeldCredential> {
  const token = await gateway.issuer.token(OWNER.claims);
  const body = { resource: 'shop', uses: USES };
  const { status, text, json } = await askApi(gateway, '/v1/credentials', { token, body });
  if (status !== 200) throw new Error(text);
  const { id, user, secret } = json as IssuedCredential;
  const fresh: HeldCredential = {
    id,
    user,
    secret,
    uses: USES,
    begun: 0,
    opened: 0,
    refused: 0,
    revocation: 'none',
  };
  memory.credentials.push(fresh);
  return fresh;
}

/** Logs in once, and checks what it was told against all that it was told before. */
async function logIn(
  memory: ClientMemory,
  gateway: GatewayProcess,
  credential: HeldCredential,
  mark: string,
): Promise<void> {
  const { revocation } = credential;
  credential.begun += 1;
  try {
    const client = await gateway.connect({ user: credential.user, token: credential.secret });
    credential.opened += 1;
    if (credential.opened > credential.uses) memory.wrong.push(`${credential.id}: used too often`);
    if (revocation === 'acknowledged') memory.wrong.push(`${credential.id}: used although it is revoked`);
    await client.query(`SELECT 1 /* ${mark} */`);
    await client.end();
  } catch (error) {
    const { code } = error as { readonly code?: string };
    // Revoked, its session ends at once, in whatever it does.
    if (code !== '28P01' && credential.revocation !== 'none') return;
    if (code !== '28P01') throw error;
    credential.refused += 1;
    // Those under way, and those of which a death took the answer, may have used it.
    const mayBeUsed = credential.begun - credential.refused;
    if (mayBeUsed < credential.uses && credential.revocation === 'none')
      memory.wrong.push(`${credential.id}: refused after ${mayBeUsed} of ${credential.uses} uses`);
  }
}

async function revokeSome(
  memory: ClientMemory,
  gateway: GatewayProcess,
  credential: HeldCredential,
): Promise<void> {
  if (memory.credentials.indexOf(credential) % REVOKED_OF !== 0 || credential.revocation !== 'none') return;
  credential.revocation = 'sent';
  const token = await gateway.issuer.token(OWNER.claims);
  const { status, text } = await askApi(gateway, `/v1/credentials/${credential.id}`, {
    method: 'DELETE',
    token,
  });
  if (status === 200) credential.revocation = 'acknowledged';
  else memory.wrong.push(`${credential.id}: not revoked: ${status} ${text}`);
}
