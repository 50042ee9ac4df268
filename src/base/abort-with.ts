/**
 * A controller that also aborts when `parent` does, for the same reason. `release` lets go of the parent,
 * which may outlive this work by far; called once the work has ended.
 */
export function abortWith(parent: AbortSignal): {
  readonly controller: AbortController;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const onParentAbort = (): void => {
    controller.abort(parent.reason);
  };
  if (parent.aborted) onParentAbort();
  parent.addEventListener('abort', onParentAbort);
  return {
    controller,
    release: () => {
      parent.removeEventListener('abort', onParentAbort);
    },
  };
}
