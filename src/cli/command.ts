import type { Command } from 'commander';

import type { ExitCode } from './exit.ts';
import type { Session } from './session.ts';

/** What a command does with the words and options it was given. Rejects with what `exitCodeOf` knows. */
export type Action<Options> = (
  session: Session,
  call: { readonly words: readonly string[]; readonly options: Options },
) => Promise<ExitCode>;

/** Where commands are added to the program. */
export interface Registry {
  readonly program: Command;
  /** Turns what a command does into what the parser calls. */
  readonly action: <Options extends object>(
    action: Action<Options>,
  ) => (this: Command) => Promise<void>;
}
