export const DEFAULT_MODEL = 'openai/gpt-4.1';

const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['openai', 'OpenAI'],
  ['anthropic', 'Anthropic'],
  ['google', 'Google'],
  ['mistralai', 'Mistral'],
  ['deepseek', 'DeepSeek'],
]);

/** The provider of a model: its author, or the API's own provider for tests. */
export function providerOf(model: string): string {
  return PROVIDERS.get(model.split('/')[0] ?? '') ?? 'FakeProvider';
}

/** The name of the version that a model's slug stands for. */
export function permaslugOf(model: string): string {
  return `${model}-2025-04-14`;
}
