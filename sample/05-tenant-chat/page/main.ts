import type { Message, Person, Usage } from '../shared/chat.js';
import { byId, make, setText } from './dom.js';
import { exactUsd } from './format.js';
import { otherPlan, refusalText, showUsage } from './plan-panel.js';
import { Refusal, Server } from './server.js';

/** What is left also changes by what others of the tenant ask. */
const REFRESH_MS = 5_000;
const SPENT = 402;

class Page {
  private readonly server = new Server();
  private people: readonly Person[] = [];
  private usage: Usage | undefined;
  private messages: Message[] = [];
  /** Set while an answer is coming. */
  private answer: AbortController | undefined;

  async open(): Promise<void> {
    this.people = await this.server.people();
    const select = byId('select', 'person');
    select.append(
      ...this.people.map(({ id, name, tenant }) => make('option', { value: id }, `${name} (${tenant})`)),
    );
    select.addEventListener('change', () => this.signIn(select.value));
    byId('form', 'form').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.ask();
    });
    byId('textarea', 'question').addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void this.ask();
    });
    byId('button', 'stop').addEventListener('click', () => {
      this.answer?.abort();
      byId('textarea', 'question').focus();
    });
    byId('button', 'change-plan').addEventListener('click', () => void this.changePlan());
    document.addEventListener('visibilitychange', () => void this.refresh());
    setInterval(() => void this.refresh(), REFRESH_MS);
    this.signIn(select.value);
  }

  private signIn(person: string): void {
    this.answer?.abort();
    this.server.person = person;
    this.messages = [];
    byId('div', 'messages').replaceChildren();
    this.notice('');
    void this.refresh();
  }

  private async ask(): Promise<void> {
    const field = byId('textarea', 'question');
    const question = field.value.trim();
    if (question === '' || this.answer !== undefined) return;
    const answer = new AbortController();
    this.setAnswer(answer);
    this.notice('');
    const asked = this.show('user', question);
    const messages: Message[] = [...this.messages, { role: 'user', content: question }];
    const text = document.createTextNode('');
    let shown: HTMLElement | undefined;
    try {
      await this.server.chat({ messages }, answer.signal, {
        text: (piece) => {
          if (shown === undefined) field.value = '';
          shown ??= this.show('assistant', text);
          text.data += piece;
          shown.scrollIntoView({ block: 'end' });
        },
        cost: (cost) => shown?.append(make('small', {}, `cost ${exactUsd(cost)}`)),
        failure: (reason) => this.notice(reason),
      });
    } catch (error) {
      if (shown === undefined) asked.remove();
      if (!answer.signal.aborted) await this.explain(error);
    }
    if (shown !== undefined) this.messages = [...messages, { role: 'assistant', content: text.data }];
    if (answer.signal.aborted) shown?.append(make('small', {}, 'stopped'));
    this.setAnswer(undefined);
    await this.refresh();
  }

  private async explain(error: unknown): Promise<void> {
    await this.refresh();
    if (!(error instanceof Refusal)) this.notice('The server does not answer.');
    else if (error.status !== SPENT || this.usage === undefined) this.notice(error.message);
    else this.notice(refusalText(this.usage));
  }

  private async changePlan(): Promise<void> {
    if (this.usage === undefined) return;
    try {
      await this.server.choosePlan(otherPlan(this.usage.plan));
      this.notice('');
    } catch (error) {
      await this.explain(error);
    }
    await this.refresh();
  }

  private async refresh(): Promise<void> {
    if (document.hidden) return;
    const person = this.people.find(({ id }) => id === this.server.person);
    const problem = byId('p', 'usage-problem');
    try {
      const usage = await this.server.usage();
      // Somebody else has signed in meanwhile.
      if (person?.id !== this.server.person) return;
      this.usage = usage;
      showUsage(usage, person.tenant);
      setText(problem, '');
    } catch {
      setText(problem, 'What is left is not known at the moment.');
    }
  }

  /** Marks that an answer is coming. The button is not disabled, because a disabled one loses the focus. */
  private setAnswer(answer: AbortController | undefined): void {
    this.answer = answer;
    byId('button', 'stop').hidden = answer === undefined;
    byId('button', 'send').setAttribute('aria-disabled', String(answer !== undefined));
    // A screen reader reads the answer when it is complete.
    byId('div', 'messages').setAttribute('aria-busy', String(answer !== undefined));
  }

  private show(role: Message['role'], content: string | Node): HTMLElement {
    const speaker = make('span', { class: 'speaker' }, role === 'user' ? 'You: ' : 'Assistant: ');
    const item = make('p', { 'data-role': role }, speaker, content);
    byId('div', 'messages').append(item);
    item.scrollIntoView({ block: 'end' });
    return item;
  }

  private notice(text: string): void {
    const notice = byId('p', 'notice');
    setText(notice, text);
    notice.hidden = text === '';
  }
}

void new Page().open();
