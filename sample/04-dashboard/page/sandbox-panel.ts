import type {
  AccountInfo,
  Commands,
  Completion,
  Condition,
  SandboxControls,
  TenantSpend,
} from '../shared/dashboard.js';
import { type BurstResult, describeBurst, fittingInto } from './burst.js';
import { send } from './commands.js';
import { byId, onPress, setText } from './dom.js';

const BURST = 200;
/** Browsers open six connections to a server. The events use one, and the other buttons need one. */
const BURST_AT_ONCE = 4;

const HINTS: Readonly<Record<Condition, string>> = {
  normal:
    'The next reading makes the figures fresh again, and an alert says that the balance can be read again.',
  slow: 'Answers now take three seconds. The figure stays: callers get the balance from memory while a new reading is made. Completions are held longer: watch “held”.',
  throttled:
    'Every answer is a 429. Watch the retries: they wait as long as Retry-After says, until the retry budget is used up. A 429 costs nothing, so what was held for it is given back.',
  outage:
    'Every answer is a 503. The last figure stays, with its age, and the guard goes on using it. A completion whose bill cannot be learned goes on counting against its limit, at what was held. The alert “unavailable” follows after a while.',
};

/** The controls of the sandbox. They show the state that the server reports, not what was pressed. */
export class SandboxPanel {
  /** What counts against the limits, as last told. */
  tenants: readonly TenantSpend[] = [];

  private controls: SandboxControls | undefined;

  wire({ burst }: AccountInfo): void {
    byId('sandbox').hidden = false;
    onPress('spend-money', () =>
      this.run(
        '/api/sandbox/spend',
        { usd: 2 },
        'Two dollars are gone, past the meter: no limit has seen them. Watch the hole in “Metered beside billed”, and the line, which crosses the thresholds after a few presses.',
      ),
    );
    onPress('top-up', () =>
      this.run(
        '/api/sandbox/top-up',
        { usd: 10 },
        'Ten dollars more. The balance is read again at once, and an alert follows if a threshold is passed.',
      ),
    );
    if (burst !== null) onPress('burst', () => this.runBurst(burst));
    onPress('crash', () =>
      this.run(
        '/api/sandbox/crash',
        {},
        'A worker was lost in the middle of a stream for acme. Its money stays held until its lease ends, is then unsettled, and is settled at the bill that another process reads.',
      ),
    );
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
    onSwitch('store-down', (down) =>
      this.run(
        '/api/sandbox/store',
        { down },
        down
          ? 'The store of the spend limits does not answer. Nobody knows what may be spent, so completions are refused; costs that are learned meanwhile are booked later.'
          : 'The store answers again. What was spent meanwhile is booked.',
      ),
    );
    onSwitch('busy', (busy) =>
      this.run(
        '/api/sandbox/busy',
        { busy },
        busy
          ? 'Three tenants ask for completions. Some of their streams are left.'
          : 'The background traffic has stopped.',
      ),
    );
  }

  show(controls: SandboxControls): void {
    this.controls = controls;
    byId('conditions').querySelector<HTMLInputElement>(`[value="${controls.condition}"]`)!.checked = true;
    byId('expired', 'input').checked = controls.isKeyExpired;
    byId('store-down', 'input').checked = controls.isStoreDown;
    byId('busy', 'input').checked = controls.isBusy;
  }

  /** Sends completions for one tenant, and says how many have fitted under its limit. */
  private async runBurst({ tenant, holdUsd }: NonNullable<AccountInfo['burst']>): Promise<void> {
    const fitting = fittingInto(
      this.tenants.find((each) => each.tenant === tenant),
      holdUsd,
    );
    say(
      `${BURST} requests are running for ${tenant}, each behind @RequireCredits(0.5) and the limit of ${tenant}.`,
    );
    const result: BurstResult = { answered: 0, byLimit: 0, byGuard: 0, byStore: 0, failed: 0 };
    let left = BURST;
    const askInTurn = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const answer = await send<Completion>('/api/completions', { tenant });
        if (answer.ok) result.answered += 1;
        else if (answer.refusal.code === 'SPEND_LIMIT') result.byLimit += 1;
        else if (answer.refusal.code === 'SPEND_STORE') result.byStore += 1;
        else if (answer.refusal.statusCode === 402) result.byGuard += 1;
        else result.failed += 1;
      }
    };
    await Promise.all(Array.from({ length: BURST_AT_ONCE }, askInTurn));
    say(describeBurst(result, tenant, fitting));
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

function onSwitch(id: string, act: (checked: boolean) => Promise<void>): void {
  const input = byId(id, 'input');
  input.addEventListener('change', () => void act(input.checked));
}

function say(text: string): void {
  setText(byId('hint'), text);
}
