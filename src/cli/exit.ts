import { LutraError } from '../base/errors.ts';

/** How the program ends. These numbers are part of the interface and never change. */
export const EXIT = { ok: 0, error: 1, unhealthy: 2, usage: 64 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends every help text. */
export const EXIT_HELP = `
Exit codes:
  0   done
  1   an error: the node cannot be reached, refuses, or has no such thing
  2   lutra cluster status: partitions are without a fit owner, or a node is in trouble
  64  bad usage or bad input: an option, a file, a schedule or a setting is wrong`;

/** A command cannot do what it was asked for, for a reason that is a whole sentence. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The exit code for an error that a command may end with; undefined for any other, which is a defect. */
export function exitCodeOf(error: unknown): ExitCode | undefined {
  if (error instanceof CommandError) return error.exitCode;
  if (!(error instanceof LutraError)) return undefined;
  const isInput = error.code === 'config-invalid' || error.code === 'input-invalid';
  return isInput ? EXIT.usage : EXIT.error;
}
