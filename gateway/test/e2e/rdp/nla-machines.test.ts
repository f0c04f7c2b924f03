/** A machine that takes Network Level Authentication alone, and draws by the fast path: the shadow server of FreeRDP. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startDesktopClient } from '../../support/desktop-client.ts';
import { startTestShadow } from '../../support/freerdp-shadow.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { startRdpGateway } from '../../support/rdp-gateway.ts';
import { startVirtualDisplay } from '../../support/virtual-display.ts';

describe('a machine behind NLA', () => {
  it('P6: is worked on with the account of the gateway; its key is pinned, and what it draws is recorded', async (context) => {
    const programs = {
      xfreerdp: requireTool(context, tools.xfreerdp),
      xdotool: requireTool(context, tools.xdotool),
      xclip: requireTool(context, tools.xclip),
    };
    await using machine = await startTestShadow({
      freerdpShadow: requireTool(context, tools.freerdpShadow),
      xvfb: requireTool(context, tools.xvfb),
      xterm: requireTool(context, tools.xterm),
    });
    await using mine = await startVirtualDisplay(context);
    await using gateway = await startRdpGateway({
      target: machine,
      resource: machine.resource,
      recording: {},
    });
    {
      const login = {
        host: gateway.host,
        port: gateway.port,
        user: 'desk',
        password: await gateway.issuer.token(),
      };
      await using client = startDesktopClient(programs, mine.name, login);
      const file = path.join(machine.folder, 'typed.txt');
      await until(async () => {
        await client.typeLine('echo typed > typed.txt');
        return existsSync(file) && readFileSync(file, 'utf8') === 'typed\n';
      }).catch((error: unknown) => {
        throw new Error(
          `${String(error)}: ${client.output()} ${gateway.logLines.join('\n')} ${machine.output()}`,
        );
      });
    }
    const records = await gateway.recordsUntil((all) => all.some(({ type }) => type === 'session.closed'));
    const results = records.flatMap(({ type, result }) => (type === 'exchange.outcome' ? [result] : []));
    expect(results).toContainEqual(
      expect.objectContaining({ updates: expect.toSatisfy((n: number) => n > 0) }),
    );
    expect(JSON.stringify(records)).not.toContain(machine.password);
  });
});

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
