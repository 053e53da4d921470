/** Whether a host is OpenRouter itself, as opposed to a proxy or a sandbox. */
export function isOpenRouterHost(hostname: string): boolean {
  return /(?:^|\.)openrouter\.ai$/.test(hostname);
}
