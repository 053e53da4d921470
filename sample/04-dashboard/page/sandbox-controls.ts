import type { Completion, Condition, SandboxControls } from '../shared/dashboard.js';
import { send } from './commands.js';
import { byId, setText } from './dom.js';
import { count } from './format.js';

const BURST = 200;

const HINTS: Readonly<Record<Condition, string>> = {
  normal:
    'Figures become fresh again with the next reading; the alert feed tells when the balance can be read again.',
  slow: 'Answers take three seconds now. The figure stays, readings go on behind it, and nobody who asks for the balance waits.',
  throttled:
    'Every answer is a 429. Watch the retries: they wait as long as Retry-After says, and then a budget ends them.',
  outage:
    'Every answer is a 503. The last figure stays and says how old it is; the guard goes on with it. After a while: unavailable.',
};

/** The buttons that do something to the sandbox. What they show is what the server says, not what was pressed. */
export function wireSandboxControls(): void {
  byId('sandbox').hidden = false;
  onClick('spend-money', async () => {
    say(
      'Two dollars are gone: watch the line fall with the next reading, and cross the thresholds after a few times.',
    );
    await run('/api/sandbox/spend', { usd: 2 });
  });
  onClick('top-up', async () => {
    say('Ten dollars more: the package is told to forget what it knew, and the figure follows at once.');
    await run('/api/sandbox/top-up', { usd: 10 });
  });
  onClick('burst', burst);
  byId('conditions').addEventListener('change', (event) => {
    const condition = (event.target as HTMLInputElement).value as Condition;
    say(HINTS[condition]);
    void run('/api/sandbox/condition', { condition });
  });
  onSwitch('expired', (expired) => {
    say(
      expired
        ? 'Each answer is a 401: a figure that this key may no longer see is not shown, however fresh it is.'
        : 'The key is good again.',
    );
    return run('/api/sandbox/key', { expired });
  });
  onSwitch('busy', (busy) => run('/api/sandbox/busy', { busy }));
}

export function showSandbox({ condition, isKeyExpired, isBusy }: SandboxControls): void {
  byId('conditions').querySelector<HTMLInputElement>(`[value="${condition}"]`)!.checked = true;
  byId('expired', 'input').checked = isKeyExpired;
  byId('busy', 'input').checked = isBusy;
}

async function burst(): Promise<void> {
  say(`${BURST} requests are under way, each behind @RequireCredits(0.5).`);
  const answers = await Promise.all(
    Array.from({ length: BURST }, () => send<Completion>('/api/completions')),
  );
  const answered = answers.filter(({ ok }) => ok).length;
  const short = answers.filter((answer) => !answer.ok && answer.refusal.statusCode === 402).length;
  const failed = BURST - answered - short;
  say(
    `${count(answered, 'completion')} answered, ${short} refused by the guard for want of money, ${failed} failed. ` +
      'Compare “guard checks” with the readings that they took.',
  );
}

function onClick(id: string, act: () => Promise<void>): void {
  const button = byId(id, 'button');
  button.addEventListener('click', () => {
    button.disabled = true;
    void act().finally(() => {
      button.disabled = false;
    });
  });
}

function onSwitch(id: string, act: (checked: boolean) => Promise<void>): void {
  const input = byId(id, 'input');
  input.addEventListener('change', () => void act(input.checked));
}

async function run(...command: Parameters<typeof send>): Promise<void> {
  const answer = await send(...command);
  if (!answer.ok) say(`That did not work. ${answer.refusal.message}`);
}

function say(text: string): void {
  setText(byId('hint'), text);
}
