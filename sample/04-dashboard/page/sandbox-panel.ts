import type { Commands, Completion, Condition, SandboxControls } from '../shared/dashboard.js';
import { type Answer, send } from './commands.js';
import { byId, onPress, setText } from './dom.js';
import { count } from './format.js';

const BURST = 200;
/** Browsers open six connections to a server; the other buttons need one, and the events have one. */
const BURST_AT_ONCE = 4;

const HINTS: Readonly<Record<Condition, string>> = {
  normal:
    'Figures become fresh again with the next reading; the alert feed tells when the balance can be read again.',
  slow: 'Answers take three seconds now. The figure stays, and whoever asks for the balance is served from memory while a new reading is under way.',
  throttled:
    'Every answer is a 429. Watch the retries: they wait as long as Retry-After says, and then a budget ends them.',
  outage:
    'Every answer is a 503. The last figure stays and says how old it is; the guard goes on with it. After a while: unavailable.',
};

/** The buttons that do something to the sandbox. What they show is what the server says, not what was pressed. */
export class SandboxPanel {
  private controls: SandboxControls | undefined;

  wire(): void {
    byId('sandbox').hidden = false;
    onPress('spend-money', () =>
      this.run(
        '/api/sandbox/spend',
        { usd: 2 },
        'Two dollars are gone: watch the line fall with the next reading, and cross the thresholds after a few times.',
      ),
    );
    onPress('top-up', () =>
      this.run(
        '/api/sandbox/top-up',
        { usd: 10 },
        'Ten dollars more: the balance is read anew at once, and an alert tells of a threshold that is passed.',
      ),
    );
    onPress('burst', burst);
    byId('conditions').addEventListener('change', (event) => {
      const condition = (event.target as HTMLInputElement).value as Condition;
      void this.run('/api/sandbox/condition', { condition }, HINTS[condition]);
    });
    onSwitch('expired', (expired) => {
      const hint = expired
        ? 'Each answer is a 401: the balance is not shown any more, however fresh it is, since this key may not see it.'
        : 'The key is good again.';
      return this.run('/api/sandbox/key', { expired }, hint);
    });
    onSwitch('busy', (busy) =>
      this.run(
        '/api/sandbox/busy',
        { busy },
        busy ? 'A completion every other second, of two cents.' : 'Nothing is spent by itself any more.',
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
  say(`${BURST} requests are under way, each behind @RequireCredits(0.5).`);
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
    `${count(answered, 'completion')} answered, ${short} refused by the guard for want of money, ${failed} failed. ` +
      'Compare “guard checks” with the readings that they took.',
  );
}

function onSwitch(id: string, act: (checked: boolean) => Promise<void>): void {
  const input = byId(id, 'input');
  input.addEventListener('change', () => void act(input.checked));
}

function say(text: string): void {
  setText(byId('hint'), text);
}
