/** Law 7 for people: an edit that is refused changes nothing, and says why. */

const listeners = new Set<(sentence: string) => void>();

export function onRefusal(listener: (sentence: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What `action` returns, or undefined when it was refused; then the reason is shown. */
export function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch (error) {
    tell(error);
    return undefined;
  }
}

/** `error`: or a sentence. */
export function tell(error: unknown): void {
  const sentence = error instanceof Error ? error.message : String(error);
  for (const listener of listeners) listener(sentence);
}
