import type { CompletionOutcome } from '../../../../lib/contracts/completion-cost.js';
import type {
  CompletionAnswer,
  CompletionDesk,
  CompletionRefusal,
  CompletionRequest,
  CompletionUsage,
  OpenCompletion,
} from '../../../../lib/metering/completion/open-completion.js';

/** Everything that was said of one completion. */
export interface RecordedCompletion {
  readonly request: CompletionRequest;
  answer?: CompletionAnswer;
  readonly told: CompletionUsage[];
  readonly errors: unknown[];
  outcome?: CompletionOutcome;
  unanswered?: { readonly reason: unknown; readonly isAborted: boolean; readonly isUnsent: boolean };
  /** The names of the calls, in order. */
  readonly calls: string[];
}

type Admit = (request: CompletionRequest) => CompletionRefusal | undefined | Promise<undefined>;

/** A desk that admits everything, or answers with what `admit` gives, and writes down what it hears. */
export class RecordingDesk implements CompletionDesk {
  readonly completions: RecordedCompletion[] = [];
  readonly #admit: Admit | undefined;

  constructor(admit?: Admit) {
    this.#admit = admit;
  }

  /** The only completion there was. */
  get only(): RecordedCompletion {
    if (this.completions.length !== 1) {
      throw new Error(`${this.completions.length} completions where 1 was due`);
    }
    return this.completions[0]!;
  }

  open(request: CompletionRequest): ReturnType<CompletionDesk['open']> {
    const admitted = this.#admit?.(request);
    if (admitted === undefined) {
      return this.#follow(request);
    }
    return 'then' in admitted ? admitted.then(() => this.#follow(request)) : admitted;
  }

  #follow(request: CompletionRequest): OpenCompletion {
    const seen: RecordedCompletion = { request, told: [], errors: [], calls: [] };
    this.completions.push(seen);
    return {
      answered: (answer) => {
        seen.calls.push('answered');
        seen.answer = answer;
      },
      told: (usage) => {
        seen.calls.push('told');
        seen.told.push(usage);
      },
      erred: (error) => {
        seen.calls.push('erred');
        seen.errors.push(error);
      },
      ended: (outcome) => {
        seen.calls.push('ended');
        seen.outcome = outcome;
      },
      unanswered: (reason, isAborted, isUnsent = false) => {
        seen.calls.push('unanswered');
        seen.unanswered = { reason, isAborted, isUnsent };
      },
    };
  }
}
