/** The maximum number of generation ids in a line of the log. */
const MAX_LOGGED_IDS = 50;

/** Says how many costs could not be learned, with the ids by which they can be looked up later. */
export function unknownCosts(completions: readonly { readonly generationId: string | undefined }[]): string {
  const ids = completions.map(({ generationId }) => generationId).filter((id) => id !== undefined);
  const shown = ids.slice(0, MAX_LOGGED_IDS).join(', ');
  const rest = ids.length > MAX_LOGGED_IDS ? ` and ${ids.length - MAX_LOGGED_IDS} more` : '';
  const named = ids.length > 0 ? ` Generations: ${shown}${rest}.` : '';
  const count =
    completions.length === 1 ? 'the cost of 1 completion' : `the costs of ${completions.length} completions`;
  return `and ${count} could not be learned.${named}`;
}
