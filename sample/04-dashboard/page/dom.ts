/** The element of the page with this id; the page has every one that is asked for. */
export function byId(id: string): HTMLElement;
export function byId<Tag extends keyof HTMLElementTagNameMap>(
  id: string,
  tag: Tag,
): HTMLElementTagNameMap[Tag];
export function byId(id: string, tag = ''): HTMLElement {
  const element = document.querySelector<HTMLElement>(`${tag}#${id}`);
  if (element === null) {
    throw new Error(`The page has no ${tag}#${id}.`);
  }
  return element;
}

/** A new element. Texts stay texts, so that nothing the API says can become markup. */
export function make(
  tag: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly (Node | string)[]
): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Sets a text, if it is another one: a screen reader reads out a live region even when its text is set to the same. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** Shows a list, or in its place the sentence that there is nothing. */
export function showList(list: HTMLElement, empty: HTMLElement, items: readonly HTMLElement[]): void {
  list.replaceChildren(...items);
  list.hidden = items.length === 0;
  empty.hidden = items.length > 0;
}

/** A bar that is filled to a share, for the eye alone: the text beside it says the same. */
export function bar(share: number, level = ''): HTMLElement {
  const fill = make('i', {});
  // By property, since the Content-Security-Policy allows no style attributes.
  fill.style.width = `${Math.min(Math.max(share, 0), 1) * 100}%`;
  return make('div', { class: 'bar', 'aria-hidden': 'true', 'data-level': level }, fill);
}

/** Does something whenever a button is pressed, one time after the other. */
export function onPress(id: string, act: () => Promise<void>): void {
  const button = byId(id, 'button');
  button.addEventListener('click', () => void oneAtATime(button, act));
}

/**
 * Does something, unless the button that asks for it is still busy with the last time. The button stays enabled, since
 * one that is disabled loses the focus.
 */
export async function oneAtATime(button: HTMLButtonElement, act: () => Promise<void>): Promise<void> {
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  await act().finally(() => button.removeAttribute('aria-disabled'));
}
