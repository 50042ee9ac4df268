import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { addNodeOptions, readConfig } from '../node-options.ts';
import type { NodeOptions } from '../node-options.ts';

/** `lutra serve`. */
export function addServe({ program, action }: Registry): void {
  addNodeOptions(
    program
      .command('serve')
      .description(
        'run a node until it is interrupted (Ctrl-C, SIGTERM); a second signal ends it at once',
      ),
  ).action(
    action<NodeOptions>(async (session, { options }) => {
      const { world } = session;
      const { config } = await readConfig(world, options);
      const node = await world.startNode(config);
      session.say(`lutra ${world.version} answers at ${node.url}; Ctrl-C stops it`);

      const end = await Promise.race([node.ended, interruption(world.interrupted)]);
      if (end.kind === 'superseded') {
        session.say(
          `another process has taken over ${config.dataFolder}; a data folder has one node, so this one ends`,
        );
        return EXIT.error;
      }
      if (end.kind === 'interrupted') await node.stop(end.signalName);
      return EXIT.ok;
    }),
  );
}

/** Resolves when the program is asked to end. */
function interruption(
  signal: AbortSignal,
): Promise<{ readonly kind: 'interrupted'; readonly signalName: string }> {
  return new Promise((resolve) => {
    const interrupted = (): void =>
      resolve({ kind: 'interrupted', signalName: String(signal.reason) });
    if (signal.aborted) interrupted();
    else signal.addEventListener('abort', interrupted, { once: true });
  });
}
