/** The key that a call was made with. */
export interface KeyInUse {
  /** The option that it was given in, or `call` for one in the options of the call itself. */
  readonly from: 'apiKey' | 'managementKey' | 'call';
  /** Whether the route belongs to inference, where OpenRouter accepts no management key. */
  readonly isInference: boolean;
}

const MANAGEMENT_ONLY = /\bonly (?:management|provisioning) keys\b/i;
const USER_NOT_FOUND = /\buser not found\b/i;

/** Where management keys are made. */
export const MANAGEMENT_KEYS_PAGE = 'https://openrouter.ai/settings/management-keys';

const GIVE_A_MANAGEMENT_KEY: Readonly<Record<KeyInUse['from'], string>> = {
  apiKey: 'The key given as `apiKey` is an ordinary one: set `managementKey` to a management key',
  managementKey: 'The key given as `managementKey` is an ordinary one: give a management key in its place',
  call: "The key given as `apiKey` in the call's own options is an ordinary one: give a management key there",
};

const WRONG_OR_MANAGEMENT =
  'Either the key is wrong, or it is a management key, which inference does not accept';

const GIVE_AN_ORDINARY_KEY: Readonly<Record<KeyInUse['from'], string>> = {
  apiKey: `${WRONG_OR_MANAGEMENT}: give an ordinary key as \`apiKey\``,
  managementKey: `${WRONG_OR_MANAGEMENT}: set \`apiKey\` to an ordinary key, since \`managementKey\` has served this call`,
  call: `${WRONG_OR_MANAGEMENT}: give an ordinary key as \`apiKey\` in the call's own options`,
};

/**
 * A sentence on what to do about a refusal that looks like a bad key.
 *
 * @param key - The key of the call; `undefined` for an error of another client, which calls inference routes.
 */
export function keyHint(
  status: number | undefined,
  message: string,
  key: KeyInUse | undefined,
): string | undefined {
  if (status === 403 && key !== undefined && MANAGEMENT_ONLY.test(message)) {
    return `${GIVE_A_MANAGEMENT_KEY[key.from]} (${MANAGEMENT_KEYS_PAGE}).`;
  }
  if (status === 401 && key?.isInference !== false && USER_NOT_FOUND.test(message)) {
    return `${key === undefined ? WRONG_OR_MANAGEMENT : GIVE_AN_ORDINARY_KEY[key.from]}.`;
  }
  return undefined;
}

/** A message, followed by a hint. */
export function withHint(message: string, hint: string | undefined): string {
  if (hint === undefined) {
    return message;
  }
  return `${/[.!?]$/.test(message) ? message : `${message}.`} ${hint}`;
}
