import type { Commands, Completion, Condition, SandboxControls } from '../shared/dashboard.js';
import { type Answer, send } from './commands.js';
import { byId, onPress, setText } from './dom.js';
import { count } from './format.js';

const BURST = 200;
/** Browsers open six connections to a server. The events use one, and the other buttons need one. */
const BURST_AT_ONCE = 4;

const HINTS: Readonly<Record<Condition, string>> = {
  normal:
    'The next reading makes the figures fresh again, and an alert says that the balance can be read again.',
  slow: 'Answers now take three seconds. The figure stays: callers get the balance from memory while a new reading is made.',
  throttled:
    'Every answer is a 429. Watch the retries: they wait as long as Retry-After says, until the retry budget is used up.',
  outage:
    'Every answer is a 503. The last figure stays, with its age, and the guard goes on using it. The alert “unavailable” follows after a while.',
};

/** The controls of the sandbox. They show the state that the server reports, not what was pressed. */
export class SandboxPanel {
  private controls: SandboxControls | undefined;

  wire(): void {
    byId('sandbox').hidden = false;
    onPress('spend-money', () =>
      this.run(
        '/api/sandbox/spend',
        { usd: 2 },
        'Two dollars are gone. Watch the line fall with the next reading. After a few presses it crosses the thresholds.',
      ),
    );
    onPress('top-up', () =>
      this.run(
        '/api/sandbox/top-up',
        { usd: 10 },
        'Ten dollars more. The balance is read again at once, and an alert follows if a threshold is passed.',
      ),
    );
    onPress('burst', burst);
    byId('conditions').addEventListener('change', (event) => {
      const condition = (event.target as HTMLInputElement).value as Condition;
      void this.run('/api/sandbox/condition', { condition }, HINTS[condition]);
    });
    onSwitch('expired', (expired) => {
      const hint = expired
        ? 'Every answer is a 401. The balance is hidden, however fresh it is, because the key may no longer see it.'
        : 'The key works again.';
      return this.run('/api/sandbox/key', { expired }, hint);
    });
    onSwitch('busy', (busy) =>
      this.run(
        '/api/sandbox/busy',
        { busy },
        busy ? 'A completion for two cents every other second.' : 'The background traffic has stopped.',
      ),
    );
  }

  show(controls: SandboxControls): void {
    this.controls = controls;
    byId('conditions').querySelector<HTMLInputElement>(`[value="${controls.condition}"]`)!.checked = true;
    byId('expired', 'input').checked = controls.isKeyExpired;
    byId('busy', 'input').checked = controls.isBusy;
  }

  private async run<Path extends keyof Commands>(
    path: Path,
    body: Commands[Path],
    hint: string,
  ): Promise<void> {
    const answer = await send(path, body);
    if (answer.ok) {
      say(hint);
      return;
    }
    say(`That did not work. ${answer.refusal.message}`);
    if (this.controls !== undefined) this.show(this.controls);
  }
}

async function burst(): Promise<void> {
  say(`${BURST} requests are running, each behind @RequireCredits(0.5).`);
  const answers: Answer<Completion>[] = [];
  let left = BURST;
  const askInTurn = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      answers.push(await send<Completion>('/api/completions'));
    }
  };
  await Promise.all(Array.from({ length: BURST_AT_ONCE }, askInTurn));
  const answered = answers.filter(({ ok }) => ok).length;
  const short = answers.filter((answer) => !answer.ok && answer.refusal.statusCode === 402).length;
  const failed = BURST - answered - short;
  say(
    `${count(answered, 'completion')} answered, ${short} refused by the guard for lack of credits, ${failed} failed. ` +
      'Compare “guard checks” with “balance calls”.',
  );
}

function onSwitch(id: string, act: (checked: boolean) => Promise<void>): void {
  const input = byId(id, 'input');
  input.addEventListener('change', () => void act(input.checked));
}

function say(text: string): void {
  setText(byId('hint'), text);
}
