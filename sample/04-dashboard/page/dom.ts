/** The element with this id. A missing one is a bug. */
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

/** Creates an element. Strings become text nodes, so nothing from the API can become markup. */
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

/** Sets the text if it has changed. Otherwise a screen reader would read the same text out again. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** Shows a list, or the message that it is empty. */
export function showList(list: HTMLElement, empty: HTMLElement, items: readonly HTMLElement[]): void {
  list.replaceChildren(...items);
  list.hidden = items.length === 0;
  empty.hidden = items.length > 0;
}

/** A bar filled to a share. Hidden from screen readers, because the text beside it says the same. */
export function bar(share: number, level = ''): HTMLElement {
  const fill = make('i', {});
  // As a property, because the Content-Security-Policy forbids style attributes.
  fill.style.width = `${Math.min(Math.max(share, 0), 1) * 100}%`;
  return make('div', { class: 'bar', 'aria-hidden': 'true', 'data-level': level }, fill);
}

/** A bar of several parts, each a share of the whole, in the colour of its class. Hidden as {@link bar} is. */
export function partsBar(parts: readonly (readonly [className: string, share: number])[]): HTMLElement {
  let room = 1;
  const fills = parts.map(([className, share]) => {
    const width = Math.min(Math.max(share, 0), room);
    room -= width;
    const fill = make('i', { class: className });
    fill.style.width = `${width * 100}%`;
    return fill;
  });
  return make('div', { class: 'bar of-parts', 'aria-hidden': 'true' }, ...fills);
}

/** Runs an action when a button is pressed, one run at a time. */
export function onPress(id: string, act: () => Promise<void>): void {
  const button = byId(id, 'button');
  button.addEventListener('click', () => void oneAtATime(button, act));
}

/**
 * Runs an action unless the last run of the same button is still going on. The button is not disabled, because a
 * disabled button loses the focus.
 */
export async function oneAtATime(button: HTMLButtonElement, act: () => Promise<void>): Promise<void> {
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  await act().finally(() => button.removeAttribute('aria-disabled'));
}
